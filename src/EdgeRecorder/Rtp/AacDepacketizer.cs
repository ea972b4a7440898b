using EdgeRecorder.Bytes;

namespace EdgeRecorder.Rtp;

/// <summary>How AU headers are laid out (RFC 3640, 4.1): the fmtp parameters sizeLength, indexLength, indexDeltaLength and so on.</summary>
internal sealed record AacPayloadFormat
{
    /// <summary>Mode AAC-hbr (RFC 3640, 3.3.6), the one everybody uses.</summary>
    public static readonly AacPayloadFormat HighBitRate = new() { SizeLength = 13, IndexLength = 3, IndexDeltaLength = 3 };

    public int SizeLength { get; init; }
    public int IndexLength { get; init; }
    public int IndexDeltaLength { get; init; }
    public int CtsDeltaLength { get; init; }
    public int DtsDeltaLength { get; init; }
    public bool RandomAccessIndication { get; init; }
    public int StreamStateIndication { get; init; }
    public int AuxiliaryDataSizeLength { get; init; }

    /// <summary>Bytes of every AU where no size is sent.</summary>
    public int ConstantSize { get; init; }

    /// <summary>Time stamp units from one AU to the next.</summary>
    public int Duration { get; init; } = 1024;

    public bool HasHeaders => SizeLength + IndexLength + IndexDeltaLength + CtsDeltaLength + DtsDeltaLength + StreamStateIndication > 0 || RandomAccessIndication;
}

/// <summary>MPEG-4 elementary streams in mode generic, as AAC uses it (RFC 3640): several AUs in a packet or an AU in several packets, not interleaved.</summary>
internal sealed class AacDepacketizer(IDepacketizerOutput output, AacPayloadFormat format) : AudioDepacketizer(output)
{
    private const string Protocol = "RTP mpeg4-generic";

    private int _fragmentLeft;                              // bytes the open fragmented AU still needs
    private long _fragmentTime;
    private long _fragmentArrivalUs;

    public override void Add(in RtpPacket packet, long time, bool missing, long arrivalUs)
    {
        if (missing)
            Damage();
        var reader = new ByteReader(packet.Payload, Protocol);
        var headerBits = format.HasHeaders ? reader.U16("AU-headers-length") : 0;
        var headers = new BitReader(reader.Bytes((headerBits + 7) / 8, "AU headers"), Protocol);
        if (format.AuxiliaryDataSizeLength > 0)
            SkipAuxiliary(ref reader);
        var unused = headers.RemainingBits - headerBits;
        for (var index = 0; reader.Remaining > 0; index++)
        {
            var hasHeader = headers.RemainingBits - unused > 0;
            if (format.HasHeaders && !hasHeader)
                break;
            var size = hasHeader ? ReadHeader(ref headers, index) : format.ConstantSize;
            if (size == 0)
                size = format.SizeLength == 0 ? reader.Remaining : throw new ProtocolException(Protocol, 2, "AU-size", "is 0");
            var at = time + (long)index * format.Duration;
            if (index == 0 && (_fragmentLeft > 0 || size > reader.Remaining))
            {
                Fragment(reader.Rest(), size, at, arrivalUs);
                return;
            }
            Writer.Write(reader.Bytes(size, "access unit"));
            Deliver(at, arrivalUs);
        }
    }

    public override void Damage()
    {
        _fragmentLeft = 0;
        base.Damage();
    }

    /// <summary>Every fragment's header gives the size of the whole AU (RFC 3640, 3.2.3).</summary>
    private void Fragment(ReadOnlySpan<byte> piece, int size, long time, long arrivalUs)
    {
        if (_fragmentLeft > 0 && time != _fragmentTime)
            Damage();
        if (_fragmentLeft == 0)
            (_fragmentLeft, _fragmentTime, _fragmentArrivalUs) = (size, time, arrivalUs);
        if (piece.Length > _fragmentLeft)
            throw new ProtocolException(Protocol, 0, "AU-size", $"the fragments are larger than {size} bytes");
        Writer.Write(piece);
        _fragmentLeft -= piece.Length;
        if (_fragmentLeft == 0)
            Deliver(_fragmentTime, _fragmentArrivalUs);
    }

    private int ReadHeader(ref BitReader headers, int index)
    {
        var size = (int)headers.Bits(format.SizeLength, "AU-size");
        var step = headers.Bits(index == 0 ? format.IndexLength : format.IndexDeltaLength, "AU-Index(-delta)");
        if (index > 0 && step != 0)
            throw new ProtocolException(Protocol, 2, "AU-Index-delta", "interleaved AUs are not supported");
        if (format.CtsDeltaLength > 0 && headers.Flag("CTS-flag"))
            headers.Skip(format.CtsDeltaLength, "CTS-delta");
        if (format.DtsDeltaLength > 0 && headers.Flag("DTS-flag"))
            headers.Skip(format.DtsDeltaLength, "DTS-delta");
        if (format.RandomAccessIndication)
            headers.Skip(1, "RAP-flag");
        headers.Skip(format.StreamStateIndication, "Stream-state");
        return size;
    }

    /// <summary>auxiliary-data-size counts bits; the section is padded to whole bytes.</summary>
    private void SkipAuxiliary(ref ByteReader reader)
    {
        var head = reader.Bytes((format.AuxiliaryDataSizeLength + 7) / 8, "auxiliary-data-size");
        var bits = format.AuxiliaryDataSizeLength + (long)new BitReader(head, Protocol).Bits(format.AuxiliaryDataSizeLength, "auxiliary-data-size");
        reader.Bytes((int)Math.Min((bits + 7) / 8 - head.Length, int.MaxValue), "auxiliary data");
    }
}
