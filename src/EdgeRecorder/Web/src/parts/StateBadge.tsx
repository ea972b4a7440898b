import type { ChannelState } from '../api/types';
import { text } from '../text/language';
import { stateText } from '../text/states';

/** The state of a camera: a colour and, since colours are not for everybody, always its words. */
export function StateBadge({ state, short }: { state: ChannelState; short?: boolean }) {
    const words = text.value;
    return (
        <span class={`badge ${state.state}`} title={stateText(state, words)}>
            <i aria-hidden="true" />
            {short ? words.state[state.state] : stateText(state, words)}
        </span>
    );
}
