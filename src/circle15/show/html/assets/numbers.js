/* How numbers are written: digit for digit as show/numbers.py writes them. */
const numbers = (() => {
  "use strict";

  const MOST_PLACES = 6;
  // What is nearer to nothing is what adding up left over.
  const NOISE = 1e-9;

  const fifteen = (value) => Number(value.toPrecision(15));

  /* Rounded half up to so many decimals, from the fifteen digits that spreadsheets show. */
  function rounded(value, places) {
    const size = Math.floor(fifteen(fifteen(Math.abs(value)) * 10 ** places) + 0.5) / 10 ** places;
    return value < 0 && size ? -size : size;
  }

  /* A value to least decimals, or to as many more as tell it from every mark that it is not. */
  function apart(given, marks, least) {
    const value = Math.abs(given) < NOISE ? 0 : given;
    const others = marks.filter((mark) => Number.isFinite(mark) && fifteen(mark) !== fifteen(value));
    let places = least;
    while (places < MOST_PLACES && others.some((mark) => rounded(mark, places) === rounded(value, places))) places += 1;
    return rounded(value, places).toFixed(places);
  }

  function thousands(value) {
    const [whole, decimals] = String(value).split(".");
    return whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",") + (decimals === undefined ? "" : `.${decimals}`);
  }

  const isNull = (value) => value === null || value === undefined || Number.isNaN(value);

  /* A share with one decimal; it never reads like all, nothing or a mark that it is not. */
  function percent(share, ...marks) {
    return isNull(share) ? "—" : `${apart(share * 100, [0, 100, ...marks.filter((mark) => !isNull(mark)).map((mark) => mark * 100)], 1)}%`;
  }

  /* A count: thousands separated, decimals only where it is no whole number. */
  function count(value) {
    const near = rounded(value, MOST_PLACES);
    return thousands(Number.isInteger(near) ? near : apart(value, [0], 1));
  }

  return { apart, count, percent, thousands };
})();
