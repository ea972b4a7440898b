import { useRef } from 'preact/hooks';
import type { Channel } from '../api/types';
import { LivePicture } from '../media/LivePicture';
import { useOnScreen } from '../media/useLive';
import { StateBadge } from '../parts/StateBadge';
import { hashOf } from '../route';
import { text } from '../text/language';

export function Tile({ channel }: { channel: Channel }) {
    const element = useRef<HTMLLIElement>(null);
    const onScreen = useOnScreen(element);
    return (
        <li class="tile" ref={element} data-channel={channel.key}>
            <a href={hashOf({ at: 'channel', id: channel.id, instant: null })} aria-label={text.value.wall.open(channel.name)}>
                <LivePicture channel={channel} stream={channel.subUrl ? 'sub' : 'main'} pace="normal" silent on={onScreen} />
            </a>
            <div class="caption">
                <span class="name">{channel.name}</span>
                <StateBadge state={channel.state} short />
            </div>
        </li>
    );
}
