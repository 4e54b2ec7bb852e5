#!/usr/bin/env node
// Runs the program of this platform's package, one of the optional dependencies of this one. Nothing is downloaded here.
"use strict";

const { spawn } = require("node:child_process");
const os = require("node:os");

const name = `@safestep/${process.platform}-${process.arch}`;
const program = `bin/safestep${process.platform === "win32" ? ".exe" : ""}`;

function fail(why) {
  console.error(`error: ${why}`);
  process.exit(2);
}

function find() {
  try {
    return require.resolve(`${name}/${program}`);
  } catch {
    const known = Object.keys(require("../package.json").optionalDependencies);
    fail(
      known.includes(name)
        ? `${name} is not installed: install again with optional dependencies (without --omit=optional)`
        : `no package is for ${process.platform} on ${process.arch}, only ${known.join(", ")}; \`cargo install safestep\` builds it`,
    );
  }
}

const child = spawn(find(), process.argv.slice(2), { stdio: "inherit" });
// Ctrl-C reaches the program by itself. What is sent to this process alone is sent on; the program cleans up and ends, and so does this.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => fail(error.message));
// As a shell says it: 128 and the number of the signal.
child.on("close", (status, signal) => process.exit(status ?? 128 + (os.constants.signals[signal] ?? 0)));
