using EdgeRecorder.Bytes;

namespace EdgeRecorder.Audio;

/// <summary>What an AudioSpecificConfig says (ISO/IEC 14496-3, 1.6.2.1): as far as a recorder needs it.</summary>
internal readonly record struct AacConfig(int ObjectType, int SamplingRate, int Channels, int SamplesPerFrame)
{
    private const string Protocol = "AudioSpecificConfig";
    private static readonly int[] Rates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

    /// <exception cref="ProtocolException">A field does not fit.</exception>
    public static AacConfig Parse(ReadOnlySpan<byte> config)
    {
        var bits = new BitReader(config, Protocol);
        return Read(ref bits);
    }

    /// <summary>Reads it out of something larger; stands behind frameLengthFlag, dependsOnCoreCoder and extensionFlag afterwards.</summary>
    public static AacConfig Read(ref BitReader bits)
    {
        var type = ReadObjectType(ref bits);
        var rate = ReadRate(ref bits);
        var channels = (int)bits.Bits(4, "channelConfiguration");
        if (type is 5 or 29)                                // explicit SBR, PS: the core's type follows
        {
            ReadRate(ref bits);
            type = ReadObjectType(ref bits);
        }
        if (channels == 7)
            channels = 8;
        else if (channels > 7)
            throw new ProtocolException(Protocol, 1, "channelConfiguration", $"{channels} is reserved");
        var shortFrame = bits.Flag("frameLengthFlag");
        if (bits.Flag("dependsOnCoreCoder"))
            bits.Skip(14, "coreCoderDelay");
        bits.Flag("extensionFlag");
        return new(type, rate, channels, shortFrame ? 960 : 1024);
    }

    /// <summary>The config of plain AAC-LC, for sources that forget to give one.</summary>
    public static byte[] LowComplexity(int samplingRate, int channels)
    {
        var index = Array.IndexOf(Rates, samplingRate);
        return index < 0 || channels is < 1 or > 6 ? [] : [(byte)(2 << 3 | index >> 1), (byte)((index & 1) << 7 | channels << 3)];
    }

    private static int ReadObjectType(ref BitReader bits)
    {
        var type = (int)bits.Bits(5, "audioObjectType");
        return type == 31 ? 32 + (int)bits.Bits(6, "audioObjectTypeExt") : type;
    }

    private static int ReadRate(ref BitReader bits)
    {
        var index = bits.Bits(4, "samplingFrequencyIndex");
        if (index == 15)
            return (int)bits.Bits(24, "samplingFrequency");
        return index < Rates.Length ? Rates[index] : throw new ProtocolException(Protocol, 0, "samplingFrequencyIndex", $"{index} is reserved");
    }
}
