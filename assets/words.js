/*
 * Numbers, sizes and dates as people read them, in the page's language.
 */
const LANGUAGE = document.documentElement.lang;
const DAY_MS = 24 * 60 * 60 * 1000;

const time = new Intl.DateTimeFormat(LANGUAGE, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(LANGUAGE, { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat(LANGUAGE, { day: 'numeric', month: 'short', year: 'numeric' });

const dayOnly = new Intl.DateTimeFormat(LANGUAGE, { day: 'numeric', month: 'short', timeZone: 'UTC' });

/* "14:05" today, "3 May" this year, "3 May 2024" before. */
export function dateWords(iso) {
  const date = new Date(iso);
  const now = new Date();
  if (Number.isNaN(date.getTime()))
    return '';
  if (now - date < DAY_MS && now.getDate() === date.getDate())
    return time.format(date);
  return (now.getFullYear() === date.getFullYear() ? day : dayOfYear).format(date);
}

const number = new Intl.NumberFormat(LANGUAGE);

/* "1,234". */
export function numberWords(value) {
  return number.format(value);
}

/* "3 May", of a day like "2026-05-03", wherever the reader is. */
export function dayWords(iso) {
  return dayOnly.format(new Date(`${iso}T00:00:00Z`));
}

/* In units of 1024, as the limits are. */
export function sizeWords(bytes) {
  if (bytes < 1024)
    return `${bytes} B`;
  const units = ['kB', 'MB', 'GB'];
  let value = bytes;
  let unit = -1;
  do {
    value /= 1024;
    unit++;
  } while (value >= 1023.5 && unit < units.length - 1);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/* countWords(2, "passage") is "2 passages". */
export function countWords(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
