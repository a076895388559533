// Which page is it that writes? Two tabs of one person are two writers, also when one is a copy of the other.
export const tab = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
