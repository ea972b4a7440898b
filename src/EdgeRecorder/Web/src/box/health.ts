import type { Status, Storage } from '../api/types';
import type { Catalogue } from '../text/en';

export interface Health {
    level: 'ok' | 'warning' | 'fault';
    says: string;
}

/** The box in one line: the worst first. */
export function healthOf(status: Status | undefined, storage: Storage | undefined, words: Catalogue): Health | null {
    if (!status)
        return null;
    const fault = status.fault || storage?.fault;
    if (fault)
        return { level: 'fault', says: `${words.box.fault}: ${fault}` };
    const offline = (status.channelStates.offline ?? 0) + (status.channelStates.refused ?? 0);
    return offline > 0 ? { level: 'warning', says: words.box.offline(offline) } : { level: 'ok', says: words.box.healthy };
}
