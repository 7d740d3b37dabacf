/** The graph as a file, saved where the browser saves what it is given. */

/** Save content under a name. */
export function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  const address = URL.createObjectURL(content);
  link.href = address;
  link.download = name;
  link.click();
  // Browsers begin to read it at once.
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 0);
}
