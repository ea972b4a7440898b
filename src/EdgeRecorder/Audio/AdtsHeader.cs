using EdgeRecorder.Bytes;

namespace EdgeRecorder.Audio;

/// <summary>Header of an AAC frame in ADTS (ISO/IEC 13818-7, 6.2; ISO/IEC 14496-3, 1.A.2.2).</summary>
/// <param name="Config">AudioSpecificConfig bits it implies: audioObjectType 5, samplingFrequencyIndex 4, channelConfiguration 4, then three zeros.</param>
/// <param name="HeaderLength">7, with a checksum 9.</param>
/// <param name="FrameLength">Header and access unit.</param>
internal readonly record struct AdtsHeader(ushort Config, int HeaderLength, int FrameLength)
{
    public const int ShortestLength = 7;
    private const string Protocol = "ADTS";

    /// <summary>Whether this is ADTS at all: the twelve bits that every frame begins with, and layer 0.</summary>
    public static bool IsSync(ReadOnlySpan<byte> bytes) => bytes.Length >= 2 && bytes[0] == 0xFF && (bytes[1] & 0xF6) == 0xF0;

    /// <exception cref="ProtocolException">A field does not fit, or the frame is longer than what there is.</exception>
    public static AdtsHeader Parse(ReadOnlySpan<byte> bytes)
    {
        var bits = new BitReader(bytes, Protocol);
        if (bits.Bits(12, "syncword") != 0xFFF)
            throw new ProtocolException(Protocol, 0, "syncword", "is not there");
        bits.Flag("ID");
        if (bits.Bits(2, "layer") != 0)
            throw new ProtocolException(Protocol, 1, "layer", "is not 0");
        var hasChecksum = !bits.Flag("protection_absent");
        var objectType = bits.Bits(2, "profile_ObjectType") + 1;
        var rate = bits.Bits(4, "sampling_frequency_index");
        bits.Flag("private_bit");
        var channels = bits.Bits(3, "channel_configuration");
        bits.Skip(4, "original_copy, home, copyright bits");
        var length = (int)bits.Bits(13, "aac_frame_length");
        bits.Skip(11, "adts_buffer_fullness");
        if (bits.Bits(2, "number_of_raw_data_blocks_in_frame") != 0)
            throw new ProtocolException(Protocol, 6, "number_of_raw_data_blocks_in_frame", "more than one access unit in a frame");
        if (rate > 12)
            throw new ProtocolException(Protocol, 2, "sampling_frequency_index", $"{rate} is reserved");
        if (channels == 0)
            throw new ProtocolException(Protocol, 2, "channel_configuration", "is only in the stream itself");
        var header = hasChecksum ? 9 : 7;
        if (length <= header || length > bytes.Length)
            throw new ProtocolException(Protocol, 3, "aac_frame_length", $"{length} of {bytes.Length} bytes");
        return new((ushort)(objectType << 11 | rate << 7 | channels << 3), header, length);
    }

    /// <summary>AAC LC, no checksum, one access unit. What an AudioSpecificConfig says of SBR is left to the decoder to find.</summary>
    /// <param name="length">Header and access unit.</param>
    public static void Write(Span<byte> target, ReadOnlySpan<byte> config, int length)
    {
        var bits = config.Length < 2 ? 0 : config[0] << 8 | config[1];      // audioObjectType 5, samplingFrequencyIndex 4, channelConfiguration 4
        var type = bits >> 11;
        var profile = type is 5 or 29 ? 1 : Math.Clamp(type - 1, 0, 3);     // SBR, PS: the core is LC
        var (rate, channels) = (bits >> 7 & 15, bits >> 3 & 15);
        target[0] = 0xFF;
        target[1] = 0xF1;
        target[2] = (byte)(profile << 6 | rate << 2 | channels >> 2 & 1);
        target[3] = (byte)(channels << 6 | length >> 11 & 3);
        target[4] = (byte)(length >> 3);
        target[5] = (byte)(length << 5 | 0x1F);
        target[6] = 0xFC;
    }
}
