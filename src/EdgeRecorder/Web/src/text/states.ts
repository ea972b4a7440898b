import type { ChannelState } from '../api/types';
import type { Catalogue } from './en';

/** Why a camera is offline, in words for whoever stands in front of the screen. The recorder's own sentence where we know no better one. */
export function detailOf(detail: string, words: Catalogue): string {
    const said = words.detail;
    const refused = /^(401|403)\b.*from camera/.exec(detail);
    if (refused)
        return said.unauthorized(refused[1] ?? '');
    const still = /^no media for ([\d.]+) s/.exec(detail);
    if (still)
        return said.noMedia(still[1] ?? '');
    const nothing = /^nothing to record: (.*)/.exec(detail);
    if (nothing)
        return said.nothing(nothing[1] ?? '');
    if (detail.startsWith('connection refused'))
        return said.refusedConnection;
    if (detail.startsWith('no answer'))
        return said.noAnswer;
    if (detail.startsWith('cannot resolve'))
        return said.cannotResolve;
    if (/unreachable|no route/.test(detail))
        return said.unreachable;
    if (/^(connection closed|stream ended|connection lost)/.test(detail))
        return said.closed;
    if (detail === 'the terminal is not connected')
        return said.terminalAway;
    if (detail === 'the device waits for approval')
        return said.waitsForApproval;
    if (/^the terminal (sends no media|stopped sending|does not answer)/.test(detail))
        return said.terminalSilent;
    if (detail.startsWith('ring too small'))
        return said.ringTooSmall;
    return detail;
}

/** "Recording", or "Offline: 401 from camera: …". */
export function stateText(state: ChannelState, words: Catalogue): string {
    const detail = detailOf(state.detail, words);
    return detail ? `${words.state[state.state]}: ${detail}` : words.state[state.state];
}
