/** Which of two versions is older. Pure. */

/** Whether a version (`0.3.0`) is older than another one; what stands behind the numbers does not count. */
export function isOlder(version: string, than: string): boolean {
  const [mine, other] = [numbers(version), numbers(than)];
  for (let place = 0; place < Math.max(mine.length, other.length); place++) {
    const difference = (mine[place] ?? 0) - (other[place] ?? 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return false;
}

function numbers(version: string): number[] {
  return (/^\d+(\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
}
