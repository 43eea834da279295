/** Letters and digits that nobody mistakes for one another. */
const LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** A random first password of 4 groups of 5: 115 bits, and short enough to be read out. */
export function generatedPassword(
  random: (bytes: Uint32Array) => Uint32Array = (bytes) => crypto.getRandomValues(bytes as Uint32Array<ArrayBuffer>),
): string {
  const letters = [...random(new Uint32Array(20))].map((number) => LETTERS[number % LETTERS.length] ?? "x");
  return [0, 5, 10, 15].map((at) => letters.slice(at, at + 5).join("")).join("-");
}
