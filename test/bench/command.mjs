/** Runs `act` with the options that `read` makes of the arguments. Exit code: that of `act`, 1 wrong argument, 2 could not run. */
export async function runCommand(argv, { usage, read, act }) {
  let options;
  try {
    options = read(argv);
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}`);
    return 1;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  try {
    return await act(options);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}
