// Makes a server slower: SLOW milliseconds of CPU for each request.
const http = require("node:http");

const slow = Number(process.env.SLOW);
const { emit } = http.Server.prototype;

http.Server.prototype.emit = function (event, ...rest) {
  if (event === "request" && slow > 0) {
    const until = performance.now() + slow;
    while (performance.now() < until);
  }
  return emit.call(this, event, ...rest);
};
