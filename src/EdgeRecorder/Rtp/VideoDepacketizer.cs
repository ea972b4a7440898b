using EdgeRecorder.H26x;
using EdgeRecorder.Media;

namespace EdgeRecorder.Rtp;

/// <summary>
/// Finds where pictures begin and end and drops what cannot be decoded after a loss; the derived classes know the payload structures
/// of H.264 (RFC 6184) and H.265 (RFC 7798).
/// </summary>
/// <remarks>
/// A picture ends with a new time stamp. It is delivered at its marker, one packet earlier, once three pictures in a row showed that
/// this camera sets markers at ends of pictures: some set it on every NAL unit, some on the SPS (Reolink), some never.
/// </remarks>
internal abstract class VideoDepacketizer(Codec codec, IDepacketizerOutput output) : Depacketizer(output)
{
    private const int MarkersToTrust = 3;
    private const int NeverTrust = int.MinValue;

    private readonly Codec _codec = codec;
    private readonly LossGate _gate = new();
    private int _trust;                                     // pictures whose marker was right
    private bool _open;
    private bool _markerInUnit;
    private bool _damaged;
    private bool _lossOnlyInside;                           // everything lost belongs to the open unit
    private bool _unseenLoss;                               // packets of a unit of which nothing came
    private long _time;
    private long _endedTime = long.MinValue;                // of the unit that a marker ended
    private long _arrivalUs;

    public PictureWriter Picture { get; } = new(codec, new PayloadWriter(ChunkPool.Video));

    public override void Add(in RtpPacket packet, long time, bool missing, long arrivalUs)
    {
        if (missing)
            Gap(time);
        if (_open && time != _time)
            EndUnit();
        if (!_open)
            BeginUnit(time, arrivalUs);
        if (!packet.Payload.IsEmpty)
            ReadPayload(packet.Payload);
        if (packet.Marker && Picture.HasSlice)
            Marker();
    }

    public override void Damage()
    {
        _damaged = true;
        _lossOnlyInside = false;
    }

    public override void End()
    {
        if (_open && _markerInUnit && _trust >= 0 && !Picture.IsInsideNal)
            EndUnit();
        else
            Picture.Discard();                              // whether more of it was to come cannot be known
        _open = false;
    }

    public override void Dispose() => Picture.Dispose();

    /// <summary>Takes one RTP payload, not empty, apart.</summary>
    protected abstract void ReadPayload(ReadOnlySpan<byte> payload);

    /// <summary>A whole NAL unit.</summary>
    protected void Nal(ReadOnlySpan<byte> nal)
    {
        if (nal.IsEmpty)
            return;
        BeforeNal(NalHead.Read(_codec, nal));
        Picture.Write(nal);
    }

    /// <summary>One fragment of a NAL unit (FU-A, FU).</summary>
    /// <param name="header">The NAL unit's header, put together again.</param>
    protected void Fragment(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, bool isStart, bool isEnd)
    {
        if (isStart)
        {
            if (Picture.IsInsideNal)
                Picture.End();                              // some cameras forget the E bit; without a gap nothing is missing
            Span<byte> start = stackalloc byte[12];
            header.CopyTo(start);
            var shown = body[..Math.Min(body.Length, start.Length - header.Length)];
            shown.CopyTo(start[header.Length..]);
            BeforeNal(NalHead.Read(_codec, start[..(header.Length + shown.Length)]));
            Picture.Begin(header, body);
        }
        else if (Picture.IsInsideNal)
            Picture.Append(body);
        else
        {
            Damage(inside: true);                           // its beginning was lost
            return;
        }
        if (isEnd)
            Picture.End();
    }

    /// <summary>A payload structure that carries pictures in a way we do not read: the unit is dropped and the structure named.</summary>
    protected void Unsupported(string structure)
    {
        Output.Lost(1, structure);
        Damage();
    }

    private void Damage(bool inside)
    {
        _lossOnlyInside = inside && (!_damaged || _lossOnlyInside);
        _damaged = true;
    }

    private void Gap(long time)
    {
        if (_open && time != _time && _markerInUnit && !Picture.IsInsideNal)
            EndUnit();                                      // it had its marker: what is missing belongs to the next one
        if (_open)
        {
            Damage(inside: time == _time);
            if (Picture.IsInsideNal)
                Picture.End();                              // the rest of it belongs to nothing
        }
        else
        {
            _unseenLoss = _gate.HasStarted;
            _gate.Doubt();
        }
    }

    private void BeginUnit(long time, long arrivalUs)
    {
        (_open, _time, _arrivalUs) = (true, time, arrivalUs);
        (_markerInUnit, _damaged, _lossOnlyInside) = (false, false, false);
    }

    private void BeforeNal(NalHead head)
    {
        if (head.Kind != NalKind.Slice)
            return;
        if (Picture.HasSlice && _markerInUnit && !head.IsFirstSlice)
            _trust = NeverTrust;                            // markers stand inside of pictures
        if (Picture.HasSlice && head.IsFirstSlice && !Picture.Sets.Format.Interlaced)
        {
            var (time, arrivalUs) = (_time, _arrivalUs);
            EndUnit();                                      // another picture with the same time stamp
            BeginUnit(time, arrivalUs);
        }
        else if (!Picture.HasSlice && !head.IsFirstSlice && !_damaged && _time == _endedTime)
        {
            _trust = NeverTrust;                            // the marker lied: the picture went out without this slice
            Damage();
        }
    }

    private void Marker()
    {
        if (_trust < MarkersToTrust)
            _markerInUnit = true;
        else if (!Picture.Sets.Format.Interlaced)           // the first field's marker does not end the sample
        {
            _endedTime = _time;
            EndUnit();
        }
    }

    private void EndUnit()
    {
        _open = false;
        if (!Picture.HasSlice)
        {
            if (_damaged)
                LostUnit(continues: false);
            Picture.Discard();
            return;
        }
        Output.Progress();
        if (_trust is >= 0 and < MarkersToTrust)
            _trust = _markerInUnit ? _trust + 1 : 0;
        if (_damaged || !Picture.HasFirstSlice)
            LostUnit(continues: _lossOnlyInside && Picture.HasFirstSlice && !Picture.IsReference);
        else if (_gate.Look(Picture, Picture.Sets.IsComplete) is var found and not Decodability.Usable)
            LostUnit(continues: found == Decodability.SkippedLeading);
        else
        {
            Deliver();
            return;
        }
        Picture.Discard();
    }

    private void LostUnit(bool continues)
    {
        _unseenLoss = false;
        if (_gate.Lose(continues))
            Output.Lost(1, PacketLoss);
    }

    private void Deliver()
    {
        if (_unseenLoss)
            LostUnit(continues: true);
        var (isSync, lossBefore) = (Picture.IsSync, _gate.Pass(Picture));
        Output.Unit(Picture.Take(), _time, isSync, lossBefore, _arrivalUs);
    }
}
