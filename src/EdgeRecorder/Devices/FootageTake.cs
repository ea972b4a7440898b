using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Devices;

/// <summary>
/// Writes what a device sends of its stored footage into the ring, dated by when it was filmed and not by when it came. Where the media says its own time and
/// that lies in what was asked for, it counts; otherwise the first picture is the beginning of the range, and media time goes on from there.
/// </summary>
internal sealed class FootageTake(IRingStream ring, IRing clock, FootageWish wish) : IFootageSink, IDisposable
{
    private const long SecondUs = 1_000_000, JumpUs = 1_500_000;
    private const long HourUs = 3600 * SecondUs;

    private static readonly long[] Zones = [0, -8 * HourUs, 8 * HourUs];      // terminals whose epoch is their local midnight

    private readonly Lock _gate = new();
    private readonly Fragmenter _fragmenter = new(clock.MaxFragmentLength, ring.MediaEnd90k);
    private readonly long _fromUs = wish.From.ToUnixTimeMilliseconds() * 1000;
    private readonly long _toUs = wish.To.ToUnixTimeMilliseconds() * 1000;
    private bool _isDisposed;
    private bool _awaitsRun = true;
    private long? _dateUs;                                  // of the newest unit, Unix time
    private long _shiftUs;                                  // date minus media time

    public long Bytes { get; private set; }

    /// <summary>Fragments the ring had no room for.</summary>
    public long Refused { get; private set; }
    public long LostUnits { get; private set; }

    /// <summary>Until when it has come; null before the first picture.</summary>
    public DateTimeOffset? Reached => _dateUs is { } us ? DateTimeOffset.FromUnixTimeMilliseconds(us / 1000) : null;

    public TimeSpan? Remaining => wish.To - Reached;

    public void Announce(IReadOnlyList<Track> tracks)
    {
        lock (_gate)
            if (!_isDisposed)
                Publish(_fragmenter.Announce(tracks));
    }

    public void Add(in AccessUnit unit)
    {
        lock (_gate)
        {
            if (_isDisposed || !wish.Audio && !unit.Track.IsVideo)
            {
                unit.Payload.Release();
                return;
            }
            Bytes += unit.Payload.Length;
            var dateUs = Date(unit);
            if (_dateUs is { } before && Math.Abs(dateUs - before) > JumpUs)
                Publish(_fragmenter.Close());               // it has a hole of its own: what follows is dated anew
            _dateUs = dateUs;
            Publish(_fragmenter.Add(unit with { ArrivalUs = dateUs - clock.ToUtcUs(0) }));
        }
    }

    public void Lost(int accessUnits, string why)
    {
        lock (_gate)
            LostUnits += accessUnits;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            Publish(_fragmenter.Close());
            _isDisposed = true;
        }
    }

    private long Date(in AccessUnit unit)
    {
        var mediaUs = (long)(unit.Pts * (double)SecondUs / unit.Track.TimeScale);
        if (Told(unit.SourceUtcUs) is { } told)
        {
            if (_dateUs is null || Math.Abs(told - (mediaUs + _shiftUs)) > JumpUs)
                _shiftUs = told - mediaUs;
        }
        else if (_dateUs is null)
            _shiftUs = _fromUs - mediaUs;
        return mediaUs + _shiftUs;
    }

    /// <summary>The media's own time, when it can be one: within a minute of what was asked for.</summary>
    private long? Told(long sourceUtcUs)
    {
        if (sourceUtcUs != 0)
            foreach (var zone in Zones)
                if (sourceUtcUs + zone >= _fromUs - 60 * SecondUs && sourceUtcUs + zone <= _toUs + 60 * SecondUs)
                    return sourceUtcUs + zone;
        return null;
    }

    private void Publish(Fragment? fragment)
    {
        if (fragment is null)
            return;
        if (_awaitsRun && !(fragment.StartsRun && fragment.IsSync))
            Refused++;
        else if (ring.Offer(fragment))
            _awaitsRun = false;
        else
        {
            Refused++;
            _awaitsRun = true;
            _fragmenter.RestartAtSync(ring.MediaEnd90k);
        }
        fragment.Release();
    }
}
