// Raw deflate (RFC 1951), read bit by bit as its tables say; then the page's own script.
const script = document.currentScript;
const inflate = (packed) => {
  const from = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  let made = new Uint8Array(1 << 16);
  let size = 0;
  let at = 0; // in bits
  const bits = (count) => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) value |= ((from[at >> 3] >> (at & 7)) & 1) << i;
    return value;
  };
  const put = (byte) => {
    if (size === made.length) {
      const wider = new Uint8Array(2 * size);
      wider.set(made);
      made = wider;
    }
    made[size++] = byte;
  };
  /** A Huffman code: how many words have each length, and the symbols in order. */
  const code = (lengths) => {
    const counts = Array(16).fill(0);
    for (const length of lengths) if (length) counts[length]++;
    const symbols = [];
    for (let n = 1; n < 16; n++) lengths.forEach((length, i) => length === n && symbols.push(i));
    return { counts, symbols };
  };
  const read = ({ counts, symbols }) => {
    let word = 0;
    let first = 0;
    let index = 0;
    for (let n = 1; n < 16; n++) {
      word |= bits(1);
      if (word - first < counts[n]) return symbols[index + word - first];
      index += counts[n];
      first = (first + counts[n]) << 1;
      word <<= 1;
    }
  };
  const many = (count, value) => Array(count).fill(value);
  const fixed = () => [
    code([...many(144, 8), ...many(112, 9), ...many(24, 7), ...many(8, 8)]),
    code(many(30, 5)),
  ];
  const own = () => {
    const [all, near, count] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    const small = many(19, 0);
    const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    for (let i = 0; i < count; i++) small[order[i]] = bits(3);
    const lengths = [];
    for (const key = code(small); lengths.length < all + near; ) {
      const word = read(key);
      if (word < 16) lengths.push(word);
      else if (word === 16) lengths.push(...many(3 + bits(2), lengths.at(-1)));
      else lengths.push(...many(word === 17 ? 3 + bits(3) : 11 + bits(7), 0));
    }
    return [code(lengths.slice(0, all)), code(lengths.slice(all))];
  };
  /** Lengths and distances: a base that doubles every `each` words, and further bits. */
  const spread = (word, each) => {
    const extra = Math.max(0, Math.floor(word / each) - 1);
    return (extra ? (each + (word % each)) << extra : word) + bits(extra);
  };
  const block = ([words, near]) => {
    for (let word = read(words); word !== 256; word = read(words)) {
      if (word < 256) put(word);
      else {
        const length = word === 285 ? 258 : 3 + spread(word - 257, 4);
        const back = 1 + spread(read(near), 2);
        for (let i = 0; i < length; i++) put(made[size - back]);
      }
    }
  };
  const plain = () => {
    at = (at + 7) & -8;
    const length = bits(16);
    bits(16);
    for (let i = 0; i < length; i++) put(bits(8));
  };
  for (let last = 0; !last; ) {
    last = bits(1);
    const kind = bits(2);
    if (kind) block(kind === 1 ? fixed() : own());
    else plain();
  }
  return new TextDecoder().decode(made.subarray(0, size));
};
for (const box of document.querySelectorAll("[data-packed]")) {
  box.outerHTML = inflate(box.dataset.packed);
}
const main = document.createElement("script");
main.textContent = inflate(script.dataset.main);
document.body.append(main);
