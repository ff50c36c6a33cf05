/**
 * Buffers cut from shared blocks, each part used once and never again. A small buffer made in any other way lies on
 * V8's heap, where a collection that moves it leaves a copy that nobody zeroises; one with a block of its own costs
 * several times its size. A block lives as long as any part of it is referenced.
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
