// Numbers as people write and paste them in Sweden, and as they are shown. The twin of vardbalans.web.typed; both are
// held to the table in tests/web/numbers.json. Values are exact decimal texts such as "1234.5".
const MISSING = new Set(["", "-", "–", "—", "−", ".", "..", "x", "saknas", "#n/a", "#saknas!", "n/a", "null"]);
const SPACE = "[ \\u00a0\\u202f']";
const GROUPED = new RegExp(`^\\d{1,3}(?:${SPACE}\\d{3})+(?=[.,]|$)`);
const PLAIN = /^(?:\d{1,15}(?:[.,]\d{1,9})?|[.,]\d{1,9})$/;
const BOTH = /^(?:\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:,\d{3})+\.\d+)$/;
const EITHER = /^(?:\d{1,3}(?:\.\d{3})+|\d{1,3}(?:,\d{3}){2,})$/;
const MOST = 1_000_000_000;
const ENGLISH_EITHER = /^\d{1,3},\d{3}$/;
const EDGES = /^[ \t\r\n\u00a0\u202f]+|[ \t\r\n\u00a0\u202f]+$/g;

// Returns {value} (null: missing) or {problem: "not_number" | "two_ways"}; isShare tells of a per cent.
export function readNumber(text, language) {
  let body = text.replace(EDGES, "");
  if (MISSING.has(body.toLowerCase())) return { value: null };
  const isShare = body.endsWith("%");
  if (isShare) body = body.slice(0, -1).replace(EDGES, "");
  let minus = false;
  if (body.startsWith("(") && body.endsWith(")")) [body, minus] = [body.slice(1, -1).replace(EDGES, ""), true];
  else if (/^[-−–]/.test(body)) [body, minus] = [body.slice(1).replace(EDGES, ""), true];
  else if (body.startsWith("+")) body = body.slice(1);
  const grouped = GROUPED.exec(body);
  if (grouped) body = grouped[0].replace(new RegExp(SPACE, "g"), "") + body.slice(grouped[0].length);
  else if (BOTH.test(body)) {
    const point = Math.max(body.lastIndexOf("."), body.lastIndexOf(","));
    body = `${body.slice(0, point).replace(/[.,]/g, "")}.${body.slice(point + 1)}`;
  } else if (EITHER.test(body) || (language !== "sv" && ENGLISH_EITHER.test(body))) return { problem: "two_ways" };
  if (!PLAIN.test(body)) return { problem: "not_number" };
  const value = tidy(body.replace(",", "."), isShare ? 2 : 0);
  return { value: minus && value !== "0" ? `-${value}` : value, isShare };
}

// A count from zero with at most two decimals: {value} or {problem}, which may also be percent, negative or too_fine.
export function readCount(text, language) {
  const found = readNumber(text, language);
  if (found.problem || found.value === null) return found;
  if (found.isShare) return { problem: "percent" };
  if (found.value.startsWith("-")) return { problem: "negative" };
  const part = found.value.split(".")[1] ?? "";
  return part.length > 2 || Number(found.value) > MOST ? { problem: "too_fine" } : found;
}

// An exact decimal text without needless zeros, its point moved *shift* places to the left.
function tidy(text, shift) {
  let [whole, part = ""] = text.split(".");
  whole = whole.padStart(shift + 1, "0");
  if (shift) [whole, part] = [whole.slice(0, -shift), whole.slice(-shift) + part];
  whole = whole.replace(/^0+(?=\d)/, "");
  part = part.replace(/0+$/, "");
  return part ? `${whole}.${part}` : whole;
}

// Whole hundredths of an exact decimal text with at most two decimals, so that sums are exact; null for none.
export function hundredths(value) {
  if (value === "" || value === null) return null;
  const [whole, part = ""] = value.split(".");
  return Number(whole) * 100 + Number(part.padEnd(2, "0"));
}

export function fromHundredths(number) {
  const part = String(number % 100).padStart(2, "0");
  return tidy(`${Math.floor(number / 100)}.${part}`, 0);
}

// As the page writes it: "1 234,5" in Swedish with no-break spaces, "1,234.5" in English.
export function showNumber(value, language) {
  if (value === "" || value === null) return "";
  const [mark, point] = language === "sv" ? ["\u00a0", ","] : [",", "."];
  const minus = value.startsWith("-");
  const [whole, part] = value.replace("-", "").split(".");
  const text = whole.replace(/\B(?=(\d{3})+$)/g, mark) + (part ? point + part : "");
  return minus ? `−${text}` : text;
}
