/** Acts within a promise, but what that throws is an uncaughtException, as from any other event. */
export function throwOutside(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
