using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.MpegPs;
using EdgeRecorder.Rtp;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>
/// The RTP packets of one session in their order in, access units out: a program stream, or H.264, H.265 or G.711 as such where the answer says so. What calls itself neither is looked at: the
/// payload types of this standard mean different things to different devices.
/// </summary>
internal sealed class RtpReader(ISourceSink tap, IReadOnlyList<PayloadFormat> formats) : IRtpInput, IDepacketizerOutput, IDisposable
{
    private const int BadPacketsAllowed = 64;               // in a row; then this is no RTP
    private const int OthersToFollow = 64;                  // packets of another payload type in a row: the device has changed over

    private readonly SequenceTracker _sequence = new();
    private readonly MediaTimeline _timeline = new(ticks: 90);
    private readonly TrackGate _gate = new(tap, expectsAudio: false);
    private PsReceiver? _ps;
    private Depacketizer? _plain;
    private MediaFormat? _plainFormat;
    private Track? _track;
    private byte? _payloadType;
    private int _others;
    private uint _timestamp;
    private long _time;
    private bool _started;
    private bool _missing;                                  // something before the next packet
    private int _bad;
    private string? _notRecorded;
    private long _lost;

    /// <summary>For a receiver report.</summary>
    public SequenceTracker Sequence => _sequence;

    /// <summary>Packets that never came.</summary>
    public long LostPackets => Volatile.Read(ref _lost);

    /// <summary>What comes and is not recorded.</summary>
    public IReadOnlyList<string> NotRecorded => _notRecorded is { } name ? [name] : _ps?.NotRecorded ?? [];

    /// <exception cref="ProtocolException">Too many in a row are no RTP.</exception>
    public void Add(ReadOnlySpan<byte> datagram, long arrivalUs)
    {
        try
        {
            AddPacket(RtpPacket.Parse(datagram), arrivalUs);
            _bad = 0;
        }
        catch (ProtocolException)
        {
            Break();
            if (++_bad <= BadPacketsAllowed)
                return;
            _bad = 0;
            throw;
        }
    }

    /// <summary>What comes next has nothing to do with what came: another source, or bytes were skipped.</summary>
    public void Restart()
    {
        _sequence.Reset();
        Break();
        _ps?.Restart();
    }

    /// <summary>By the clock.</summary>
    public void Expire(long nowUs) => _ps?.Expire(nowUs);

    /// <summary>Nothing more may come: what is complete is delivered.</summary>
    public void Flush()
    {
        _ps?.Flush();
        _plain?.End();
        _gate.Flush();
    }

    public void Dispose()
    {
        _ps?.Dispose();
        _plain?.Dispose();
        _gate.Dispose();
    }

    void IDepacketizerOutput.Unit(Payload payload, long time, bool isSync, bool lossBefore, long arrivalUs)
    {
        if (_plain is VideoDepacketizer { Picture: { } picture } && (_track is null || picture.SetsChanged))
        {
            picture.SetsChanged = false;
            var format = picture.Sets.Format;
            _track = _plainFormat!.Track with { Width = format.Width, Height = format.Height, FrameRate = format.FrameRate, ParameterSets = picture.Sets.ToArray() };
        }
        _track ??= _plainFormat!.Track;
        var isVideo = _track.IsVideo;
        var stamp = (ulong)(time * 90_000 / _plainFormat!.ClockRate);
        var unit = new AccessUnit
        {
            Track = _track,
            Pts = isVideo ? _timeline.Video(stamp, arrivalUs, mayStepBack: true) : _timeline.Audio(stamp, arrivalUs) * _track.TimeScale / 90_000,
            IsSync = isSync,
            Payload = payload,
            ArrivalUs = arrivalUs,
            LossBefore = lossBefore,
        };
        if (isVideo)
            _gate.Video(unit);
        else
            _gate.Audio(unit, hasVideo: false);
    }

    void IDepacketizerOutput.Progress()
    {
    }

    void IDepacketizerOutput.Lost(int count, string why) => tap.Lost(count, why);

    private void AddPacket(in RtpPacket packet, long arrivalUs)
    {
        var step = _sequence.Accept(packet.Sequence);
        if (step < 0)
            return;                                         // late or doubled
        if (step is > 0 and not SequenceTracker.Restarted)
            Volatile.Write(ref _lost, _lost + step);
        _missing |= step > 0;
        _others = packet.PayloadType == _payloadType ? 0 : _others + 1;
        if (_payloadType is null || _others >= OthersToFollow)
            Begin(packet);
        if (packet.PayloadType != _payloadType)
            return;                                         // comfort noise, retransmission, a second stream
        var missing = _missing;
        _missing = false;
        _time = _started ? _time + (int)(packet.Timestamp - _timestamp) : packet.Timestamp;
        (_timestamp, _started) = (packet.Timestamp, true);
        if (_plain is { } plain)
            plain.Add(packet, _time, missing, arrivalUs);
        else
            _ps?.Add(packet.Payload, new(packet.Timestamp, packet.Marker, missing, arrivalUs));
    }

    private void Break()
    {
        _ps?.Break();
        _plain?.Damage();
        _missing = true;
    }

    /// <summary>A payload type that was not there before: what it is, its bytes say where they can, else the answer.</summary>
    private void Begin(in RtpPacket packet)
    {
        var type = packet.PayloadType;
        var encoding = "";
        foreach (var format in formats)
            if (format.Type == type)
                encoding = format.Encoding;
        if (encoding.Length == 0)
            encoding = type switch { 0 => "PCMU", 8 => "PCMA", 4 => "G723", 9 => "G722", 18 => "G729", 33 => "MP2T", _ => "PS" };
        var isPs = packet.Payload.IsEmpty || IsPs(packet.Payload) || encoding.ToUpperInvariant() is "PS" or "MP2P" or "HIKVISION" or "DAHUA";
        (_payloadType, _others) = (type, 0);
        _plain?.Dispose();
        (_plain, _plainFormat, _track) = (null, null, null);
        if (!isPs && CodecOf(encoding) is { } codec)
        {
            _plainFormat = new() { Track = TrackOf(codec), PayloadType = type, ClockRate = codec is Codec.H264 or Codec.H265 ? 90_000 : 8000 };
            _plain = _plainFormat.CreateDepacketizer(this);
        }
        else if (isPs)
            _ps ??= new(tap);
        else
            _notRecorded = encoding;
    }

    private static bool IsPs(ReadOnlySpan<byte> payload) => payload.Length > 4 && ElementHead.Read(payload, out var head) == HeadState.Valid && head.Kind == ElementKind.Pack;

    private static Codec? CodecOf(string encoding) => encoding.ToUpperInvariant() switch
    {
        "H264" => Codec.H264,
        "H265" or "HEVC" => Codec.H265,
        "PCMA" => Codec.G711A,
        "PCMU" => Codec.G711U,
        _ => null,
    };

    private static Track TrackOf(Codec codec)
        => codec is Codec.H264 or Codec.H265 ? new() { Codec = codec, TimeScale = 90_000 } : new() { Codec = codec, TimeScale = 8000, ChannelCount = 1 };
}
