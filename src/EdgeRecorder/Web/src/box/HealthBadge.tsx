import { status, storage } from '../api/box';
import { hashOf } from '../route';
import { text } from '../text/language';
import { healthOf } from './health';

export function HealthBadge() {
    const health = healthOf(status.value, storage.value, text.value);
    return health && <a class={`health ${health.level}`} href={hashOf({ at: 'box' })} title={health.says}><i aria-hidden="true" /><span>{health.says}</span></a>;
}
