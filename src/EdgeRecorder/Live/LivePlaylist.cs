using System.Buffers;
using System.Globalization;
using EdgeRecorder.Hls;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Live;

/// <summary>How a request that may wait for something came out.</summary>
internal enum PlaylistOutcome : byte { Ready, NotYet, Absurd, Gone }

/// <summary>
/// A live HLS playlist and its segments, for all who ask for the same stream with the same tracks and latency. Segments begin at sync fragments; with low
/// latency its packets are parts, and who asks for one that is yet to come waits.
/// </summary>
/// <param name="folder">Where its segments lie, relative to the playlist: <c>live/main-browser-low</c>.</param>
/// <param name="firstNumber">Media sequence number to begin with: never one that an earlier playlist of the stream had.</param>
internal sealed class LivePlaylist(string folder, bool lowLatency, long firstNumber, TimeProvider time) : ILiveViewer, IDisposable
{
    /// <summary>GOPs are put together up to here: players hold three segments, so short ones are what keeps them close.</summary>
    private const long Shortest90k = 81_000;

    /// <summary>A GOP beyond it is cut, wherever: otherwise a camera with a key frame a minute would have no HLS.</summary>
    private const long Longest90k = 10 * 90_000;

    /// <summary>What is listed at least, and in target durations (RFC 8216, 6.2.2: three).</summary>
    private const long Listed90k = 6 * 90_000;
    private const int ListedTargets = 4;
    private const long MostBytes = 64 << 20;

    private readonly Lock _gate = new();
    private readonly LinkedList<LiveSegment> _segments = new();     // those that left the list, the listed, the one that grows
    private long _next = firstNumber;
    private long _firstListed = firstNumber;
    private long _discontinuities;
    private int _generation;
    private long _map;
    private byte[] _init = [];
    private int _targetSeconds;
    private long _partTarget90k;
    private bool _isIndependent = true;
    private bool _isGone;
    private byte[]? _text;
    private TaskCompletionSource? _change;

    /// <summary>Nothing was asked of it since; TimeProvider's time stamp.</summary>
    public long LastAsked { get; private set; } = time.GetTimestamp();

    public (ChannelState State, string Detail) State { get; private set; }

    /// <summary>Nothing comes any more; who asks again gets a new one, or none.</summary>
    public bool IsGone
    {
        get { lock (_gate) return _isGone; }
    }

    /// <summary>How long a request may wait: three target durations (rfc8216bis, 6.2.5.2).</summary>
    public TimeSpan Patience => TimeSpan.FromSeconds(3 * Math.Max(2, Volatile.Read(ref _targetSeconds)));

    private LiveSegment? Growing => _segments.Last?.Value is { IsComplete: false } growing ? growing : null;

    public void Add(LivePacket packet)
    {
        lock (_gate)
        {
            if (_isGone)
                return;
            var isNew = packet.Format.Generation != _generation;
            if (Growing is { } growing && (isNew || packet.StartsRun || packet.IsSync && growing.Duration90k >= Shortest90k || growing.Duration90k >= Longest90k))
                Complete(growing);
            if (Growing is null)
            {
                if (_segments.Count == 0 && !packet.IsSync)
                    return;
                Begin(packet, isNew);
            }
            Append(packet);
            if (packet.EndsGop && Growing is { } whole && whole.Duration90k >= Shortest90k)
                Complete(whole);                            // at once, not with the packet behind it
            Trim();
            Announce();
        }
    }

    public void Changed(ChannelState state, string detail)
    {
        lock (_gate)
            State = (state, detail);
    }

    public void Ended(LiveEnd why)
    {
        lock (_gate)
        {
            _isGone = true;
            Announce();
        }
    }

    /// <summary>The playlist, once it has what is asked for (`_HLS_msn`, `_HLS_part`), or anything at all.</summary>
    public Task<(PlaylistOutcome Outcome, byte[] Text)> ReadAsync(long? number, int? part, TimeSpan patience, CancellationToken stop)
        => WaitAsync(() => number is { } wanted && IsAbsurd(wanted) ? (PlaylistOutcome.Absurd, [])
            : HasAnything && (number is not { } needed || Has(needed, part)) ? (PlaylistOutcome.Ready, _text ??= Write()) : (PlaylistOutcome.NotYet, (byte[])[]), patience, stop);

    /// <summary>Packets of a segment or of one part, with a reference each; a part that comes next is waited for.</summary>
    public Task<(PlaylistOutcome Outcome, LivePacket[] Packets)> ReadAsync(long number, int? part, CancellationToken stop)
        => WaitAsync(() => Find(number, part), Patience, stop);

    /// <summary>The init segment that segments from <paramref name="map"/> on begin with.</summary>
    public byte[]? ReadInit(long map)
    {
        lock (_gate)
        {
            LastAsked = time.GetTimestamp();
            return _segments.FirstOrDefault(segment => segment.Map == map)?.Init;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isGone = true;
            foreach (var segment in _segments)
                segment.Release();
            _segments.Clear();
            Announce();
        }
    }

    private void Begin(LivePacket packet, bool isNew)
    {
        var number = _next++;
        if (isNew)
            (_generation, _map, _init) = (packet.Format.Generation, number, packet.Format.Selection.Init.Bytes);
        _isIndependent &= packet.IsSync;
        var isDiscontinuity = _segments.Count > 0 && (isNew || packet.StartsRun);
        _segments.AddLast(new LiveSegment(number, _map, _init, isDiscontinuity, packet.UtcUs));
    }

    private void Append(LivePacket packet)
    {
        var segment = Growing!;
        if (HasAnything)
            _partTarget90k = Math.Max(_partTarget90k, packet.Duration90k);
        segment.Add(packet);
    }

    private void Complete(LiveSegment segment)
    {
        segment.IsComplete = true;
        // RFC 8216 forbids a change; a camera whose GOP grows leaves only the choice between that and segments that no decoder can start with.
        Volatile.Write(ref _targetSeconds, Math.Max(_targetSeconds, PlaylistHead.SecondsOf(segment.Duration90k)));
        // The longest so far; a twentieth more for time stamps that jitter.
        if (_partTarget90k == 0)
            _partTarget90k = segment.Packets.Max(packet => packet.Duration90k) * 21 / 20;
    }

    private bool HasAnything => _targetSeconds > 0;

    private bool IsListed(LiveSegment segment) => segment.Number >= _firstListed && (segment.IsComplete || lowLatency);

    private bool IsAbsurd(long number) => _segments.Last?.Value is { } last && number > last.Number + 2;

    private bool Has(long number, int? part)
    {
        foreach (var segment in _segments.Reverse())
        {
            if (segment.Number < number)
                break;
            if (segment.IsComplete && (segment.Number > number || part is null || !lowLatency || segment.Packets.Count > part))
                return true;
            if (lowLatency && part is not null && (segment.Number > number || part < segment.Packets.Count))
                return true;
        }
        return false;
    }

    private (PlaylistOutcome, LivePacket[]) Find(long number, int? part)
    {
        var segment = _segments.FirstOrDefault(segment => segment.Number == number);
        if (segment is null)
            return (part == 0 && number == _next ? PlaylistOutcome.NotYet : PlaylistOutcome.Gone, []);
        if (part is { } index)
        {
            if (!lowLatency || index > segment.Packets.Count || index == segment.Packets.Count && segment.IsComplete)
                return (PlaylistOutcome.Gone, []);
            if (index == segment.Packets.Count)
                return (PlaylistOutcome.NotYet, []);
        }
        else if (!segment.IsComplete)
            return (PlaylistOutcome.NotYet, []);
        LivePacket[] packets = part is { } one ? [segment.Packets[one]] : [.. segment.Packets];
        foreach (var packet in packets)
            packet.AddReference();
        return (PlaylistOutcome.Ready, packets);
    }

    private async Task<(PlaylistOutcome Outcome, T Found)> WaitAsync<T>(Func<(PlaylistOutcome Outcome, T Found)> look, TimeSpan patience, CancellationToken stop)
    {
        using var waited = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(waited.Token, stop);
        while (true)
        {
            Task change;
            lock (_gate)
            {
                LastAsked = time.GetTimestamp();
                var found = look();
                if (found.Outcome != PlaylistOutcome.NotYet)
                    return found;
                if (_isGone)
                    return (PlaylistOutcome.Gone, found.Found);
                if (waited.IsCancellationRequested)
                    return found;
                change = (_change ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            try
            {
                await change.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                // Look once more, and say that it has not come.
            }
        }
    }

    private void Announce()
    {
        _text = null;
        _change?.TrySetResult();
        _change = null;
    }

    /// <summary>Lets the list slide; what has left it stays as long as the list is, since players may still fetch it (6.2.2).</summary>
    private void Trim()
    {
        var listed90k = Math.Max(Listed90k, ListedTargets * 90_000L * _targetSeconds);
        var (length90k, bytes) = (0L, 0L);
        var node = _segments.Last;
        for (; node is not null; node = node.Previous)
        {
            if (node.Value.IsComplete && length90k >= listed90k && node.Value.Number >= _firstListed)
            {
                foreach (var segment in _segments)
                    if (segment.Number >= _firstListed && segment.Number <= node.Value.Number && segment.IsDiscontinuity)
                        _discontinuities++;
                _firstListed = node.Value.Number + 1;
            }
            if (length90k >= 2 * listed90k || bytes >= MostBytes)
                break;
            length90k += node.Value.Duration90k;
            bytes += node.Value.Bytes;
        }
        while (node is not null && _segments.First is { } oldest && oldest.Value.Number <= node.Value.Number && oldest.Value.Number < _firstListed)
        {
            oldest.Value.Release();
            _segments.RemoveFirst();
        }
    }

    private byte[] Write()
    {
        var output = new ArrayBufferWriter<byte>(2048);
        var writer = new PlaylistWriter(output);
        writer.Head(new PlaylistHead
        {
            Type = PlaylistType.Sliding, TargetSeconds = Math.Max(1, _targetSeconds), MediaSequence = _firstListed, DiscontinuitySequence = _discontinuities,
            IsIndependent = _isIndependent, PartTarget90k = lowLatency ? _partTarget90k : null,
        });
        // Parts are of use near the end only; older ones would make every reload longer (rfc8216bis, 4.4.4.9).
        var partsFrom = (_segments.Last?.Value.Number ?? 0) - Math.Max(3, 3 * 90_000L * _targetSeconds / Shortest90k);
        foreach (var segment in _segments.Where(IsListed))
        {
            writer.Begin(Name($"init-{segment.Map}.mp4"), segment.IsDiscontinuity, segment.UtcUs);
            if (lowLatency && segment.Number >= partsFrom)
                for (var i = 0; i < segment.Packets.Count; i++)
                    writer.Part(Name($"{segment.Number}.{i}.mp4"), segment.Packets[i].Duration90k, segment.Packets[i].IsSync);
            if (segment.IsComplete)
                writer.Segment(Name($"{segment.Number}.mp4"), segment.Duration90k);
        }
        if (lowLatency)
            writer.PreloadHint(Growing is { } growing ? Name($"{growing.Number}.{growing.Packets.Count}.mp4") : Name($"{_next}.0.mp4"));
        return output.WrittenSpan.ToArray();
    }

    private string Name(FormattableString file) => $"{folder}/{file.ToString(CultureInfo.InvariantCulture)}";
}
