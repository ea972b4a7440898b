/** ms since 1970 as a datetime-local input wants it, in the zone of the browser; and back. */
export function toInput(ms: number | null): string {
    if (ms === null)
        return '';
    const at = new Date(ms);
    const two = (n: number) => String(n).padStart(2, '0');
    return `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

export function fromInput(value: string): number | null {
    const ms = new Date(value).getTime();
    return Number.isNaN(ms) ? null : ms;
}
