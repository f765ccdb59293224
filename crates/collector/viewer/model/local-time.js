// Microseconds since 1970 as digits in, the local time of a datetime-local field out; and back.

/** As the field has it, to the millisecond; "" for what is no time. */
export function toField(micros) {
  const date = new Date(/^\d+$/.test(micros) ? Number(BigInt(micros) / 1000n) : NaN);
  if (Number.isNaN(date.getTime())) {
    return "";
  }
  const two = (number) => String(number).padStart(2, "0");
  const day = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day}T${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Back to microseconds. A field that still says what `micros` said is exactly that: a field has no microseconds. */
export function fromField(text, micros = "") {
  const millis = new Date(text).getTime();
  if (text === "" || Number.isNaN(millis)) {
    return "";
  }
  const unchanged = /^\d+$/.test(micros) && Number(BigInt(micros) / 1000n) === millis;
  return unchanged ? micros : `${BigInt(Math.max(millis, 0)) * 1000n}`;
}
