/* Reads cases from standard input, one JSON object a line ({root, values}), and writes the truth of each. */
const check = require(process.argv[2]);
const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
process.stdout.write(JSON.stringify(lines.map((line) => {
  const { root, values } = JSON.parse(line);
  return check.evaluate(root, values);
})));
