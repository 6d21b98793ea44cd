// Wants never to end and to print slowly, so that the worker waits.
// attack: javascript io
setInterval(() => console.log("."), 20);
process.on("SIGTERM", () => {}); process.on("SIGXCPU", () => {});
