// Wants `error`: a forged place with a line number of 5000 digits.
// attack: javascript io
process.stderr.write("solution.js:" + "9".repeat(5000) + "\n");
process.exitCode = 1;
