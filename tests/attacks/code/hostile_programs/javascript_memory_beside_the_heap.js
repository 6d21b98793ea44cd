// Wants memory that the heap's limit does not count.
// attack: javascript io
const kept = [];
for (let i = 1; i <= 60; i++) { kept.push(Buffer.alloc(64 << 20, 1)); require("fs").writeSync(1, `taken ${64 * i}\n`); }
