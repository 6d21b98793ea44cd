// Wants the result to be impossible to store: a line beyond the database's integers.
// attack: javascript io
process.stderr.write("solution.js:99999999999999\n");
process.exitCode = 1;
