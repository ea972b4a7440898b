using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>A media segment of a playlist: whole records that lie behind one another in one segment of the ring.</summary>
/// <param name="Duration90k">Media time to where the next record begins, so that durations add up without a rest.</param>
/// <param name="FromUtcUs">Date of its first picture.</param>
/// <param name="Map">Which entry names the init segment it is played with.</param>
internal readonly record struct PlaylistEntry(RecordPlace Place, long Duration90k, long FromUtcUs, int Map, bool IsDiscontinuity)
{
    public PlaylistEntry With(in FragmentRef next) => this with
    {
        Place = Place with { Length = next.Offset + next.Length - Place.Offset },
        Duration90k = Duration90k + next.Duration90k,
    };
}
