using EdgeRecorder.Media;

namespace EdgeRecorder.Mp4;

/// <summary>
/// What the configuration boxes of ISO/IEC 14496-15 repeat out of parameter sets. Players take the truth from the sets in-band;
/// so what cannot be read here becomes the usual 4:2:0 with 8 bits, never an error.
/// </summary>
internal readonly record struct ParameterSets(byte ChromaFormat, byte BitDepthLumaMinus8, byte BitDepthChromaMinus8, byte[] ProfileTierLevel, byte TemporalLayers, bool TemporalIdNested)
{
    private const int H265SpsType = 33;

    /// <summary>H.264, 7.3.2.1.1: chroma format and bit depths stand in the SPS of the high profiles only.</summary>
    public static ParameterSets OfH264(ReadOnlySpan<byte> sps)
    {
        var bits = new RbspBits(sps, 1 + 3);
        bits.Ue();                                          // seq_parameter_set_id
        var chroma = bits.Ue();
        if (chroma == 3)
            bits.Bits(1);                                   // separate_colour_plane_flag
        var luma = bits.Ue();
        var chromaDepth = bits.Ue();
        return bits.Ended || chroma > 3 || luma > 6 || chromaDepth > 6
            ? new(1, 0, 0, [], 1, false)
            : new((byte)chroma, (byte)luma, (byte)chromaDepth, [], 1, false);
    }

    /// <summary>H.265, 7.3.2.2: profile, tier and level lie at a fixed place, the rest behind the sub-layers.</summary>
    public static ParameterSets OfH265(IReadOnlyList<byte[]> sets)
    {
        var usual = new ParameterSets(1, 0, 0, new byte[12], 1, true);
        if (sets.FirstOrDefault(set => set.Length > 2 && (set[0] >> 1 & 0x3F) == H265SpsType) is not { } sps)
            return usual;
        var bits = new RbspBits(sps, 2);
        bits.Bits(4);                                       // sps_video_parameter_set_id
        var subLayers = (int)bits.Bits(3);                  // sps_max_sub_layers_minus1
        var nested = bits.Bits(1) == 1;
        var profile = new byte[12];
        for (var i = 0; i < profile.Length; i++)
            profile[i] = (byte)bits.Bits(8);
        if (bits.Ended)
            return usual;
        var partial = new ParameterSets(1, 0, 0, profile, (byte)(subLayers + 1), nested);
        // 7.3.3: two presence flags per sub-layer, padded to eight pairs, then 88 and 8 bits where they say so.
        var presence = new (bool Profile, bool Level)[subLayers];
        for (var i = 0; i < subLayers; i++)
            presence[i] = (bits.Bits(1) == 1, bits.Bits(1) == 1);
        if (subLayers > 0)
            bits.Skip(2 * (8 - subLayers));
        foreach (var (hasProfile, hasLevel) in presence)
            bits.Skip((hasProfile ? 88 : 0) + (hasLevel ? 8 : 0));
        bits.Ue();                                          // sps_seq_parameter_set_id
        var chroma = bits.Ue();
        if (chroma == 3)
            bits.Bits(1);
        bits.Ue();                                          // width, height
        bits.Ue();
        if (bits.Bits(1) == 1)                              // conformance_window_flag
            for (var i = 0; i < 4; i++)
                bits.Ue();
        var luma = bits.Ue();
        var chromaDepth = bits.Ue();
        return bits.Ended || chroma > 3 || luma > 7 || chromaDepth > 7
            ? partial
            : partial with { ChromaFormat = (byte)chroma, BitDepthLumaMinus8 = (byte)luma, BitDepthChromaMinus8 = (byte)chromaDepth };
    }

    /// <summary>Parameter sets that stand in a picture's payload, as the tracks of sources that announce none.</summary>
    /// <param name="picture">NAL units with 4-byte lengths.</param>
    public static IReadOnlyList<byte[]> Find(Codec codec, ReadOnlySpan<byte> picture)
    {
        var found = new List<byte[]>();
        while (picture.Length > 4)
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(picture);
            if (length == 0 || length > picture.Length - 4)
                break;
            var nal = picture.Slice(4, (int)length);
            var isSet = codec == Codec.H264 ? (nal[0] & 0x1F) is 7 or 8 : (nal[0] >> 1 & 0x3F) is 32 or 33 or 34;
            if (isSet)
                found.Add(nal.ToArray());
            picture = picture[(4 + (int)length)..];
        }
        return found;
    }
}

/// <summary>Bits of a NAL unit without its emulation prevention bytes (H.264 7.3.1, H.265 7.3.1.1). Past the end it reads zeros and says so.</summary>
internal ref struct RbspBits(ReadOnlySpan<byte> nal, int firstByte)
{
    private readonly ReadOnlySpan<byte> _nal = nal;
    private int _byte = firstByte;
    private int _bit;
    private int _zeros;

    public bool Ended { get; private set; }

    public uint Bits(int count)
    {
        uint value = 0;
        for (; count > 0; count--)
            value = value << 1 | Bit();
        return value;
    }

    public void Skip(int count)
    {
        for (; count > 0 && !Ended; count--)
            Bit();
    }

    /// <summary>Unsigned Exp-Golomb code (9.1).</summary>
    public uint Ue()
    {
        var zeros = 0;
        while (Bit() == 0)
            if (++zeros > 31 || Ended)
            {
                Ended = true;
                return 0;
            }
        return (1u << zeros) - 1 + Bits(zeros);
    }

    private uint Bit()
    {
        if (_bit == 0 && _zeros >= 2 && _byte < _nal.Length && _nal[_byte] == 3)
        {
            _byte++;                                        // emulation_prevention_three_byte
            _zeros = 0;
        }
        if (_byte >= _nal.Length)
        {
            Ended = true;
            return 0;
        }
        var value = (uint)(_nal[_byte] >> (7 - _bit) & 1);
        if (++_bit == 8)
        {
            _zeros = _nal[_byte] == 0 ? _zeros + 1 : 0;
            _bit = 0;
            _byte++;
        }
        return value;
    }
}
