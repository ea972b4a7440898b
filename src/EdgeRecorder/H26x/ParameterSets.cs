using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.H26x;

/// <summary>What became of a NAL unit: it was known, it is new, or it is no parameter set that is kept.</summary>
internal enum SetOutcome : byte { Known, New, Refused }

/// <summary>
/// The parameter sets a stream uses now: from its description first, from the stream itself as they come. One per type and id, the newest wins.
/// Sets that repeat what is known cost a comparison and no allocation.
/// </summary>
internal sealed class ParameterSets(Codec codec)
{
    /// <summary>H.264 allows 32 SPS and 256 PPS; a camera has one to three of each. More are not kept.</summary>
    private const int MostSets = 32;
    private const int LongestSet = 4096;

    private readonly List<Entry> _entries = [];             // VPS, SPS, PPS in this order

    /// <summary>What the newest SPS says; zeros when none could be read.</summary>
    public VideoFormat Format { get; private set; }

    /// <summary>At least one of each type that a decoder needs.</summary>
    public bool IsComplete
        => Has(NalKind.Sps) && Has(NalKind.Pps) && (codec == Codec.H264 || Has(NalKind.Vps));

    /// <summary>Copies of the sets in decoding order, for a <see cref="Track"/>.</summary>
    public byte[][] ToArray() => [.. _entries.Select(entry => entry.Nal)];

    /// <summary>Takes a whole NAL unit.</summary>
    public SetOutcome Add(ReadOnlySpan<byte> nal)
    {
        var kind = NalHead.Read(codec, nal).Kind;
        if (kind is not (NalKind.Vps or NalKind.Sps or NalKind.Pps) || nal.Length > LongestSet)
            return SetOutcome.Refused;
        foreach (var entry in _entries)
            if (entry.Kind == kind && nal.SequenceEqual(entry.Nal))
                return SetOutcome.Known;
        return Replace(kind, nal);
    }

    /// <summary>Writes all sets in front of a sync sample.</summary>
    public void WriteTo(PayloadWriter writer)
    {
        foreach (var entry in _entries)
            writer.WriteNal(entry.Nal);
    }

    private bool Has(NalKind kind)
    {
        foreach (var entry in _entries)
            if (entry.Kind == kind)
                return true;
        return false;
    }

    private SetOutcome Replace(NalKind kind, ReadOnlySpan<byte> nal)
    {
        int id;
        try
        {
            id = ReadId(kind, nal);
        }
        catch (ProtocolException)
        {
            return SetOutcome.Refused;                      // a set that our reader cannot follow still reaches the decoder, in-band
        }
        _entries.RemoveAll(entry => entry.Kind == kind && entry.Id == id);
        if (_entries.Count == MostSets)
            return SetOutcome.Refused;
        var before = _entries.FindLastIndex(entry => entry.Kind <= kind);
        _entries.Insert(before + 1, new Entry(kind, id, nal.ToArray()));
        return SetOutcome.New;
    }

    private int ReadId(NalKind kind, ReadOnlySpan<byte> nal)
    {
        if (kind == NalKind.Sps)
        {
            Format = codec == Codec.H264 ? H264Sps.Parse(nal) : H265Sps.Parse(nal);
            return Format.Id;
        }
        var bits = new BitReader(Rbsp.Unescape(nal), codec == Codec.H264 ? "H.264 PPS" : "H.265 VPS, PPS");
        bits.Skip(codec == Codec.H264 ? 8 : 16, "nal_unit_header");
        return kind == NalKind.Vps ? (int)bits.Bits(4, "vps_video_parameter_set_id") : bits.Ue("pic_parameter_set_id", 255);
    }

    private sealed class Entry(NalKind kind, int id, byte[] nal)
    {
        public NalKind Kind => kind;
        public int Id => id;
        public byte[] Nal => nal;
    }
}
