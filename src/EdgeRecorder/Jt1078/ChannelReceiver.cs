using EdgeRecorder.Audio;
using EdgeRecorder.Media;

namespace EdgeRecorder.Jt1078;

/// <summary>
/// One channel of one terminal: packets in, access units out. Belongs to a lease and outlives connections: parameter sets, tracks and the time line go on,
/// numbers and half frames do not. Not thread-safe.
/// </summary>
internal sealed class ChannelReceiver : IAssemblerOutput, IAudioOutput, IDisposable
{
    private const int Video90k = 90;                        // ticks a millisecond
    private const ulong FirstPlausibleUtcMs = 1_577_836_800_000, LastPlausibleUtcMs = 4_102_444_800_000;     // 2020 to 2100

    private readonly ITerminalTap _tap;
    private readonly TrackGate _gate;
    private readonly AudioAssembler _audio;
    private readonly AudioReader _reader;
    private readonly SpeechTrack _speech;
    private readonly MediaTimeline _timeline = new();
    private readonly SampleClock _samples = new();
    private readonly List<string> _named = [];
    private VideoAssembler? _video;
    private Track? _videoTrack;
    private PacketHead _last;
    private ulong _lastBody;                                // its first and last bytes

    /// <param name="coder">Makes AAC of speech that MP4 does not carry; null: A-law. Disposed with this.</param>
    public ChannelReceiver(ITerminalTap tap, AudioHint hint, ISpeechCoder? coder = null)
    {
        _tap = tap;
        _gate = new(tap, hint.IsExpected);
        _audio = new(this);
        _reader = new(hint, this);
        _speech = new(coder, unit => _gate.Audio(unit, hasVideo: _video is not null));
    }

    public PacketCounter Counter { get; } = new();

    /// <summary>Codecs that come and are not recorded. Replaced, never changed: may be read from any thread.</summary>
    public IReadOnlyList<string> NotRecorded { get; private set; } = [];

    /// <summary>Every byte has to be taken as it comes: there is no other clock than arrival.</summary>
    public bool NeedsArrivals => _timeline.VideoStandsStill;

    public void Add(in PacketHead head, ReadOnlySpan<byte> body, long nowUs)
    {
        var kind = head.IsVideo ? PacketClass.Video : head.Type == DataType.Audio ? PacketClass.Audio : PacketClass.Passthrough;
        var count = Counter.Accept(kind, head.Sequence);
        if (count.IsRepeated)
        {
            if (IsSame(head, body))
                return;
            Counter.CountRepeated();                        // the counter stands still, or counts frames
        }
        (_last, _lastBody) = (head, Ends(body));
        switch (kind)
        {
            case PacketClass.Video:
                VideoOf(head.PayloadType)?.Add(head, body, count.Missing, nowUs);
                break;
            case PacketClass.Audio:
                _audio.Add(head, body, count.Missing, nowUs);
                break;
            case PacketClass.Passthrough when !body.IsEmpty:
                _tap.Passthrough(body);
                break;
        }
    }

    /// <summary>Bytes of the connection were skipped. Whether packets of ours were among them their numbers will say, unless those say nothing.</summary>
    public void Skipped()
    {
        if (Counter.IsUseless)
            Break();
    }

    /// <summary>What waits for a second track is delivered without it.</summary>
    public void Flush() => _gate.Flush();

    /// <summary>What follows comes on another connection.</summary>
    public void Restart()
    {
        Break();
        Counter.Restart();
    }

    public void Dispose()
    {
        _gate.Dispose();
        _video?.Dispose();
        _reader.Dispose();
        _speech.Dispose();
    }

    void IAssemblerOutput.Picture(VideoAssembler source, Payload payload, in FrameHead frame, bool isSync, bool lossBefore)
    {
        if (source.Picture.SetsChanged || _videoTrack?.Codec != source.Codec)
            DescribeVideo(source);
        _gate.Video(new AccessUnit
        {
            Track = _videoTrack!,
            Pts = _timeline.Video(frame.TimestampMs, frame.ArrivalUs, mayStepBack: frame.Type == DataType.VideoB) * Video90k,
            IsSync = isSync,
            Payload = payload,
            ArrivalUs = frame.ArrivalUs,
            LossBefore = lossBefore,
            SourceUtcUs = frame.TimestampMs is >= FirstPlausibleUtcMs and < LastPlausibleUtcMs ? (long)frame.TimestampMs * 1000 : 0,
        });
    }

    void IAssemblerOutput.Audio(byte payloadType, ReadOnlySpan<byte> body, in FrameHead frame, bool lossBefore)
        => _reader.Read(payloadType, body, frame, lossBefore);

    void IAudioOutput.AudioUnit(Track track, Payload payload, in FrameHead frame, int offset, int samples, bool lossBefore)
    {
        var pts = offset > 0 ? _samples.Continue(track, samples)
            : _samples.Place(track, _timeline.Audio(frame.TimestampMs, frame.ArrivalUs), samples, lossBefore);
        _gate.Audio(new AccessUnit
        {
            Track = track,
            Pts = pts,
            IsSync = true,
            Payload = payload,
            ArrivalUs = frame.ArrivalUs,
            LossBefore = lossBefore,
        }, hasVideo: _video is not null);
    }

    void IAudioOutput.Speech(ReadOnlySpan<short> samples, in FrameHead frame, bool lossBefore)
    {
        if (!samples.IsEmpty)
            _speech.Add(samples, _samples.Place(SpeechTrack.Heard, _timeline.Audio(frame.TimestampMs, frame.ArrivalUs), samples.Length, lossBefore), frame.ArrivalUs, lossBefore);
    }

    void IAudioOutput.Skipped(string codec) => Skip(codec);

    void IAudioOutput.Lost(int units, string why) => _tap.Lost(units, why);

    void IAssemblerOutput.Lost(int frames, string why) => _tap.Lost(frames, why);

    private VideoAssembler? VideoOf(byte payloadType)
    {
        Codec? codec = payloadType switch
        {
            PayloadTypes.H264 => Codec.H264,
            PayloadTypes.H265 => Codec.H265,
            _ => null,
        };
        if (codec is null)
            Skip(PayloadTypes.NameOf(payloadType));
        else if (_video?.Codec != codec)
        {
            _video?.Dispose();
            _video = new(codec.Value, this);
        }
        return codec is null ? null : _video;
    }

    private void DescribeVideo(VideoAssembler source)
    {
        source.Picture.SetsChanged = false;
        var format = source.Picture.Sets.Format;
        _videoTrack = new()
        {
            Codec = source.Codec,
            TimeScale = Video90k * 1000,
            Width = format.Width,
            Height = format.Height,
            FrameRate = format.FrameRate,
            ParameterSets = source.Picture.Sets.ToArray(),
        };
    }

    private void Break()
    {
        _video?.Break();
        _audio.Break();
    }

    private void Skip(string codec)
    {
        if (_named.Contains(codec))
            return;
        _named.Add(codec);
        NotRecorded = [.. _named];
    }

    private bool IsSame(in PacketHead head, ReadOnlySpan<byte> body) => head == _last && Ends(body) == _lastBody;

    /// <summary>Enough of a body to tell it from the one before: coded media repeats neither its beginning nor its end.</summary>
    private static ulong Ends(ReadOnlySpan<byte> body)
        => body.Length < sizeof(ulong) ? (ulong)body.Length
            : BitConverter.ToUInt64(body) * 0x9E37_79B9_7F4A_7C15 ^ BitConverter.ToUInt64(body[^sizeof(ulong)..]);
}
