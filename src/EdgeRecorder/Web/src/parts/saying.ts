import { Problem } from '../api/client';
import { text } from '../text/language';

/** What went wrong, for whoever asked for it. */
export function saying(fault: unknown): string {
    if (fault instanceof Problem)
        return fault.status === 0 ? text.value.unreachable : fault.detail;
    return String(fault);
}
