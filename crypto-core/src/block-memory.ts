/**
 * Cuts buffers from shared blocks outside V8's heap; no part is used twice. On the heap, garbage collection moves small
 * buffers and leaves copies that nobody zeroises. A small buffer with memory of its own costs several times its size. A
 * block stays in memory for as long as any part of it is referenced.
 */
export function blockMemory(blockBytes: number): (length: number) => Buffer {
  let block = new ArrayBuffer(blockBytes);
  let at = 0;
  return (length) => {
    if (at + length > block.byteLength) {
      block = new ArrayBuffer(Math.max(length, blockBytes));
      at = 0;
    }
    at += length;
    return Buffer.from(block, at - length, length);
  };
}
