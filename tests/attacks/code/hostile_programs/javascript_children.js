// Wants children that outlive it, and the network.
// attack: javascript io
const { spawn } = require("child_process");
for (let i = 0; i < 20; i++) try { spawn("sleep", ["100"], { detached: true, stdio: "ignore" }).unref(); } catch (e) {}
require("net").connect(80, "127.0.0.1").on("connect", () => console.log("ESCAPED")).on("error", () => {});
require("dns").lookup("example.org", (e) => { if (!e) console.log("ESCAPED"); });
