using EdgeRecorder.Bytes;
using EdgeRecorder.H26x;
using EdgeRecorder.Media;

namespace EdgeRecorder.Rtp;

/// <summary>One media stream of a session: RTP and RTCP in, access units out to its <see cref="MediaReceiver"/>. Called under the receiver's lock.</summary>
internal sealed class RtpStream : IRtpInput, IDepacketizerOutput, IDisposable
{
    /// <summary>Packets in a row that cannot be read; then this is no RTP.</summary>
    private const int BadPacketsAllowed = 64;

    private readonly MediaReceiver _receiver;
    private readonly MediaFormat _format;
    private readonly Depacketizer _depacketizer;
    private readonly PictureWriter? _picture;
    private readonly TrackTimeline _timeline;
    private readonly SequenceTracker _sequence = new();
    private readonly JitterBuffer? _reorder;
    private readonly uint _ownSsrc = (uint)Random.Shared.Next();
    private byte? _payloadType;
    private uint _ssrc;
    private uint _lastTimestamp;
    private int _badInRow;
    private long _reportArrivalUs;
    private uint _reportNtpMiddle;

    internal RtpStream(MediaReceiver receiver, MediaFormat format, bool reorder)
    {
        (_receiver, _format) = (receiver, format);
        Track = format.Track;
        _timeline = new(format.ClockRate, Track.TimeScale);
        _depacketizer = format.CreateDepacketizer(this);
        _picture = (_depacketizer as VideoDepacketizer)?.Picture;
        _reorder = reorder ? new JitterBuffer(this) : null;
        RefreshTrack();
    }

    /// <summary>As of the newest parameter sets.</summary>
    public Track Track { get; private set; }

    /// <summary>Everything a sample entry needs is known.</summary>
    public bool IsDescribed => _picture is null || _picture.Sets.IsComplete;

    /// <summary>RTP-Info's rtptime, when the source gave one.</summary>
    public uint? RtpInfo { get; set; }

    /// <summary>RTP payload bytes so far.</summary>
    public long PayloadBytes { get; private set; }

    internal TrackTimeline Timeline => _timeline;

    /// <summary>A datagram of the data channel.</summary>
    /// <exception cref="ProtocolException">Too many in a row are no RTP, or an access unit is too large.</exception>
    public void Receive(ReadOnlySpan<byte> datagram, long nowUs)
    {
        if (Rtcp.IsControl(datagram))
            ReceiveControl(datagram, nowUs);                // some cameras mix both on one channel, asked or not
        else if (_reorder is null || datagram.Length < RtpPacket.FixedHeaderLength)
            Add(datagram, nowUs);
        else
            _reorder.Add(datagram, (ushort)(datagram[2] << 8 | datagram[3]), nowUs);
    }

    /// <summary>A datagram of the control channel. What cannot be read is ignored: nothing depends on it.</summary>
    public void ReceiveControl(ReadOnlySpan<byte> datagram, long nowUs)
    {
        RtcpCompound compound;
        try
        {
            compound = Rtcp.Parse(datagram);
        }
        catch (ProtocolException)
        {
            return;
        }
        if (compound.Report is { } report && (report.Ssrc == _ssrc || !_sequence.Started))
        {
            (_reportArrivalUs, _reportNtpMiddle) = (nowUs, (uint)(report.NtpTimestamp >> 16));
            _timeline.Report(report);
            _receiver.Reported(this);
        }
        if (compound.Bye)
            _receiver.Bye();
    }

    public void Add(ReadOnlySpan<byte> datagram, long arrivalUs)
    {
        try
        {
            AddPacket(RtpPacket.Parse(datagram), arrivalUs);
            _badInRow = 0;
        }
        catch (ProtocolException) when (_badInRow < BadPacketsAllowed && _picture is not { IsTooLarge: true })
        {
            _badInRow++;
            _depacketizer.Damage();
        }
    }

    /// <summary>Lets go of packets that wait for lost ones.</summary>
    public void Expire(long nowUs) => _reorder?.Expire(nowUs);

    /// <summary>The stream ended: what is complete is delivered.</summary>
    public void End()
    {
        _reorder?.Flush();
        _depacketizer.End();
    }

    /// <summary>Writes a receiver report; 0 before the first packet.</summary>
    public int WriteReceiverReport(Span<byte> target, long nowUs)
    {
        if (!_sequence.Started)
            return 0;
        var since = _reportArrivalUs == 0 ? 0 : (uint)((nowUs - _reportArrivalUs) * 65536 / 1_000_000);
        return Rtcp.WriteReceiverReport(target, _ownSsrc, _ssrc, _sequence, _reportNtpMiddle, since);
    }

    void IDepacketizerOutput.Unit(Payload payload, long time, bool isSync, bool lossBefore, long arrivalUs)
    {
        if (_picture is { SetsChanged: true })
            RefreshTrack();
        if (!_timeline.TryGetPts(time, out var pts))
        {
            payload.Release();
            return;
        }
        _receiver.Deliver(new AccessUnit
        {
            Track = Track,
            Pts = pts,
            IsSync = isSync,
            Payload = payload,
            ArrivalUs = arrivalUs,
            LossBefore = lossBefore,
            SourceUtcUs = _timeline.SourceUtcUs(time),
        });
    }

    void IDepacketizerOutput.Progress() => _receiver.Progress(Track);

    void IDepacketizerOutput.Lost(int count, string why) => _receiver.Lost(count, why);

    public void Dispose()
    {
        _reorder?.Dispose();
        _depacketizer.Dispose();
    }

    private void AddPacket(in RtpPacket packet, long arrivalUs)
    {
        _payloadType ??= packet.PayloadType;                // what comes counts, not what was announced
        if (packet.PayloadType != _payloadType)
            return;                                         // comfort noise, retransmission, FEC
        var missing = false;
        if (_sequence.Started && packet.Ssrc != _ssrc)
        {
            _sequence.Reset();
            missing = true;
        }
        var isNew = !_sequence.Started;
        var step = _sequence.Accept(packet.Sequence);
        if (step < 0)
            return;
        missing |= step > 0;
        if (isNew)
        {
            _ssrc = packet.Ssrc;
            _timeline.Start(packet.Timestamp, _receiver.SinceOrigin(arrivalUs), !missing && _receiver.UsesRtpInfo ? RtpInfo : null);
            _receiver.Reported(this);
        }
        if (packet.Timestamp != _lastTimestamp)
        {
            _sequence.Timing((long)((Int128)arrivalUs * _format.ClockRate / 1_000_000), packet.Timestamp);
            _lastTimestamp = packet.Timestamp;
        }
        PayloadBytes += packet.Payload.Length;
        _receiver.Bytes(Track, packet.Payload.Length);
        _depacketizer.Add(packet, _timeline.Unwrap(packet.Timestamp), missing, arrivalUs);
    }

    private void RefreshTrack()
    {
        if (_picture is null)
            return;
        _picture.SetsChanged = false;
        var format = _picture.Sets.Format;
        Track = Track with
        {
            Width = format.Width,
            Height = format.Height,
            FrameRate = format.FrameRate > 0 ? format.FrameRate : _format.Track.FrameRate,
            ParameterSets = _picture.Sets.ToArray(),
        };
    }
}
