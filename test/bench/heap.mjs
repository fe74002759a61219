export async function heapPart() {
  return { text: '' };
}
