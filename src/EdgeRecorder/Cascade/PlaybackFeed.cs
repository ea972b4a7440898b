using EdgeRecorder.Bytes;
using EdgeRecorder.Gb28181.Mansrtsp;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Cascade;

/// <summary>
/// Stored footage on its way to a platform, at its pace times <see cref="Scale"/>. The ring is leased a little at a time, so that a playback of hours does not hold back what is to be recycled. Time
/// stamps run on over gaps, as the ring's media time does, and over jumps.
/// </summary>
internal sealed class PlaybackFeed : IDisposable
{
    private const long WindowUs = 10_000_000;
    private const double FastestScale = 64;
    private const int HeadRoom = 16 * 1024;                 // what muxing adds to a unit at the most, but for the largest
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly StreamKey _stream;
    private readonly IRing _ring;
    private readonly TimeProvider _time;
    private readonly long _fromUtcUs, _toUtcUs;
    private readonly PayloadWriter _writer = new(ChunkPool.Video);
    private readonly List<FragmentUnit> _units = [];
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSignal();
    private bool _isPaused;
    private double _scale;
    private long? _seekUtcUs;
    private byte[] _buffer = [];
    private InitSegment? _format;
    private (int, long) _formatOf;
    private (long Timestamp, long Dts90k, double Scale)? _pace; // since when, from where, how fast; null: anew with the next unit
    private long _shift90k;                                 // from the ring's media time to what is sent
    private long? _lastPts90k;
    private bool _isAnew = true;

    public PlaybackFeed(StreamKey stream, DateTimeOffset from, DateTimeOffset to, double scale, IRing ring, TimeProvider time)
    {
        (_stream, _scale, _ring, _time) = (stream, scale, ring, time);
        (_fromUtcUs, _toUtcUs) = (UtcTime.Us(from), UtcTime.Us(to));
    }

    public double Scale
    {
        get { lock (_gate) return _scale; }
    }

    /// <summary>False: it asks for what is not done: backwards, or faster than anybody looks.</summary>
    public bool TryObey(PlaybackControl command)
    {
        if (command.Scale is <= 0 or > FastestScale)
            return false;
        lock (_gate)
        {
            if (command.Method == PlaybackMethod.Pause)
                _isPaused = true;
            else
            {
                (_isPaused, _scale) = (false, command.Scale ?? _scale);
                if (command.Position is { } seek)
                    _seekUtcUs = Math.Clamp(_fromUtcUs + (long)seek.TotalMicroseconds, _fromUtcUs, _toUtcUs);
            }
            _changed.TrySetResult();
            _changed = NewSignal();
        }
        return true;
    }

    /// <summary>Runs until everything is sent; stops where the transport ended.</summary>
    public async Task RunAsync(CallSender sender, CancellationToken stop)
    {
        var at = _fromUtcUs;
        while (at < _toUtcUs && !sender.Transport.HasEnded)
        {
            if (await PlayWindowAsync(at, sender, stop).ConfigureAwait(false) is { } next)
                at = next;
            else if (_ring.Spans(_stream, at, _toUtcUs).FirstOrDefault(span => span.FromUtcUs > at) is { ToUtcUs: > 0 } later)
                at = later.FromUtcUs;
            else
                return;
        }
    }

    public void Dispose() => _writer.Dispose();

    /// <returns>Where to go on; null: there is nothing here.</returns>
    private async Task<long?> PlayWindowAsync(long fromUtcUs, CallSender sender, CancellationToken stop)
    {
        using var lease = _ring.Lease(_stream, fromUtcUs, Math.Min(fromUtcUs + WindowUs, _toUtcUs), fromSync: _isAnew);
        long? end = null;
        foreach (var fragment in lease.Fragments)
        {
            if (await PlayAsync(fragment, sender, stop).ConfigureAwait(false) is { } seek)
                return seek;
            end = Math.Max(fragment.ToUtcUs, fromUtcUs + 1);
            if (sender.Transport.HasEnded)
                break;
        }
        return end;
    }

    /// <returns>Where somebody jumps to meanwhile.</returns>
    private async Task<long?> PlayAsync(FragmentRef fragment, CallSender sender, CancellationToken stop)
    {
        if (!TryRead(fragment))
            return null;
        sender.Describe(_format!);
        foreach (var unit in _units)
        {
            while (!await DueAsync(unit, stop).ConfigureAwait(false))
                if (TakeSeek() is { } seek)
                    return seek;
            await sender.Transport.RoomAsync(unit.Size + unit.Size / 16 + HeadRoom, stop).ConfigureAwait(false);
            Send(unit, sender);
        }
        return null;
    }

    /// <summary>Waits for a unit's time. False: something was asked for meanwhile.</summary>
    private async Task<bool> DueAsync(FragmentUnit unit, CancellationToken stop)
    {
        Task changed;
        TimeSpan wait;
        lock (_gate)
        {
            if (_seekUtcUs is not null)
                return false;
            changed = _changed.Task;
            if (_isPaused)
                (_pace, wait) = (null, Timeout.InfiniteTimeSpan);
            else
            {
                if (_pace is not { } running || running.Scale != _scale)
                    _pace = running = (_time.GetTimestamp(), unit.Dts90k, _scale);
                wait = TimeSpan.FromSeconds((unit.Dts90k - running.Dts90k) / 90_000.0 / running.Scale) - _time.GetElapsedTime(running.Timestamp);
                if (wait > Longest)                         // what is missing inside of a run is not waited for
                    (_pace, wait) = (null, TimeSpan.Zero);
                if (wait < Shortest)
                    return true;
            }
        }
        try
        {
            await changed.WaitAsync(wait, _time, stop).ConfigureAwait(false);
            return false;
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    private long? TakeSeek()
    {
        lock (_gate)
        {
            if (_seekUtcUs is not { } seek)
                return null;
            (_seekUtcUs, _pace, _isAnew) = (null, null, true);
            return seek;
        }
    }

    private void Send(in FragmentUnit unit, CallSender sender)
    {
        if (_isAnew)
        {
            _shift90k = (_lastPts90k + 3600 ?? unit.Dts90k) - unit.Dts90k;
            _isAnew = false;
        }
        _writer.Write(_buffer.AsSpan((int)unit.Offset, unit.Size));
        var payload = _writer.Take();
        var pts = unit.Pts90k + _shift90k;
        sender.Send(unit, payload, pts);
        payload.Release();
        _lastPts90k = Math.Max(_lastPts90k ?? pts, pts);
    }

    /// <summary>Its bytes and what is in them. False: the ring has taken it back, or it is damaged; what follows goes on.</summary>
    private bool TryRead(in FragmentRef fragment)
    {
        if (_buffer.Length < fragment.MediaLength)
            _buffer = new byte[fragment.MediaLength * 3 / 2];
        var media = _buffer.AsSpan(0, fragment.MediaLength);
        if (!_ring.TryRead(fragment, FragmentRef.RecordHeaderLength, media))
            return false;
        try
        {
            if (_format is null || _formatOf != (fragment.Segment, fragment.Generation))
            {
                if (_ring.ReadInit(fragment) is not { } init)
                    return false;
                (_format, _formatOf) = (InitSegment.Parse(init), (fragment.Segment, fragment.Generation));
            }
            FragmentUnits.Read(media, _format, _units);
        }
        catch (ProtocolException)
        {
            return false;
        }
        var length = media.Length;
        return _units.TrueForAll(unit => unit.Offset >= 0 && unit.Size > 0 && unit.Offset + unit.Size <= length);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
