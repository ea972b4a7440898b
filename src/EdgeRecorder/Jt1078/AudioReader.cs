using EdgeRecorder.Audio;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.Jt1078;

/// <summary>Where a reader of audio puts its access units.</summary>
internal interface IAudioOutput
{
    /// <param name="payload">Passes to the callee.</param>
    /// <param name="offset">Samples from the beginning of the body.</param>
    /// <param name="samples">How long it lasts.</param>
    void AudioUnit(Track track, Payload payload, in FrameHead frame, int offset, int samples, bool lossBefore);

    /// <summary>Speech that MP4 does not carry as it came, decoded: 8 kHz, one channel.</summary>
    void Speech(ReadOnlySpan<short> samples, in FrameHead frame, bool lossBefore);

    /// <summary>A codec that is not recorded; once per codec.</summary>
    void Skipped(string codec);

    void Lost(int units, string why);
}

/// <summary>
/// Turns bodies of audio into access units of what MP4 carries: AAC and G.711 as they come. G.726 and IMA ADPCM are decoded. What is missing in a packet – bit
/// rate, packing, configuration of AAC – is found out here or comes from the hint.
/// </summary>
internal sealed class AudioReader(AudioHint hint, IAudioOutput output) : IDisposable
{
    private const int VoiceRate = 8000;
    private const int AacSamples = 1024;                    // ISO/IEC 14496-3, 4.5.2.1.1

    private readonly PayloadWriter _writer = new(ChunkPool.Audio);
    private readonly G726BitRate _rate = new();
    private readonly List<byte> _named = [];
    private byte? _type;                                    // of the stream as it is now
    private Track? _track;
    private ushort _adtsConfig;
    private G726Reader? _g726;
    private ImaAdpcmReader? _ima;
    private short[] _samples = [];

    public void Read(byte payloadType, ReadOnlySpan<byte> body, in FrameHead frame, bool lossBefore)
    {
        var type = PayloadTypes.IsUnspecific(payloadType) && hint.PayloadType != 0 ? hint.PayloadType : payloadType;
        if (type != _type)
            (_type, _track, _g726, _ima) = (type, null, null, null);
        switch (type)
        {
            case PayloadTypes.G711A or PayloadTypes.G711U:
                var samples = WithoutHiSiliconHeader(body);
                Plain(type == PayloadTypes.G711A ? Codec.G711A : Codec.G711U, samples, frame, lossBefore);
                break;
            case PayloadTypes.G726:
                ReadG726(WithoutHiSiliconHeader(body), frame, lossBefore);
                break;
            case PayloadTypes.ImaAdpcm:
                ReadIma(WithoutHiSiliconHeader(body), frame, lossBefore);
                break;
            case PayloadTypes.Aac or PayloadTypes.AacLc or PayloadTypes.HeAac:
                ReadAac(body, frame, lossBefore);
                break;
            default:
                if (_named.Contains(type))
                    break;
                _named.Add(type);
                output.Skipped(PayloadTypes.NameOf(type));
                break;
        }
    }

    public void Dispose() => _writer.Dispose();

    /// <summary>HiSilicon's encoders put 00 01 LL 00 in front, LL being the 16-bit words that follow, and many terminals send it along.</summary>
    internal static ReadOnlySpan<byte> WithoutHiSiliconHeader(ReadOnlySpan<byte> body)
        => body.Length > 4 && body[0] == 0 && body[1] == 1 && body[2] == (byte)((body.Length - 4) / 2) && body[3] == 0 ? body[4..] : body;

    private void Plain(Codec codec, ReadOnlySpan<byte> bytes, in FrameHead frame, bool lossBefore)
    {
        if (_track?.Codec != codec)
            _track = new() { Codec = codec, TimeScale = VoiceRate, ChannelCount = 1 };
        Deliver(bytes, frame, 0, bytes.Length, lossBefore);
    }

    private void ReadG726(ReadOnlySpan<byte> codes, in FrameHead frame, bool lossBefore)
    {
        if (codes.Length is 0 or > G726Reader.LargestPacket)
        {
            output.Lost(1, "G.726 packet of an impossible size");
            return;
        }
        var bits = _rate.Bits(codes.Length, frame.TimestampMs, lossBefore);
        _g726 ??= new(hint.G726Packing);
        Grow(codes.Length * 8 / bits);
        output.Speech(_samples.AsSpan(0, _g726.Decode(codes, bits, _samples)), frame, lossBefore);
    }

    private void ReadIma(ReadOnlySpan<byte> block, in FrameHead frame, bool lossBefore)
    {
        if (block.Length > ImaAdpcmReader.LargestBlock)
        {
            output.Lost(1, "ADPCM block of an impossible size");
            return;
        }
        _ima ??= new();
        Grow(block.Length * 2);
        try
        {
            output.Speech(_samples.AsSpan(0, _ima.Decode(block, follows: !lossBefore, _samples)), frame, lossBefore);
        }
        catch (ProtocolException e)
        {
            output.Lost(1, e.Message);
        }
    }

    private void ReadAac(ReadOnlySpan<byte> body, in FrameHead frame, bool lossBefore)
    {
        if (!AdtsHeader.IsSync(body))
        {
            if (_track?.Codec != Codec.Aac)
                _track = RawAac();
            Deliver(body, frame, 0, AacSamples, lossBefore);
            return;
        }
        try
        {
            for (var offset = 0; !body.IsEmpty; offset += AacSamples)
            {
                var header = AdtsHeader.Parse(body);
                if (_track is null || header.Config != _adtsConfig)
                    _track = Described(header.Config);
                Deliver(body[header.HeaderLength..header.FrameLength], frame, offset, AacSamples, lossBefore && offset == 0);
                body = body[header.FrameLength..];
            }
        }
        catch (ProtocolException e)
        {
            output.Lost(1, e.Message);
        }
    }

    private Track Described(ushort config)
    {
        _adtsConfig = config;
        byte[] specific = [(byte)(config >> 8), (byte)config];
        var read = AacConfig.Parse(specific);
        return new() { Codec = Codec.Aac, TimeScale = read.SamplingRate, ChannelCount = read.Channels, AudioSpecificConfig = specific };
    }

    private Track RawAac()
    {
        var config = AacConfig.LowComplexity(hint.SamplingRate, hint.Channels);
        var isKnown = config.Length > 0;
        return new()
        {
            Codec = Codec.Aac,
            TimeScale = isKnown ? hint.SamplingRate : VoiceRate,
            ChannelCount = isKnown ? hint.Channels : 1,
            AudioSpecificConfig = isKnown ? config : AacConfig.LowComplexity(VoiceRate, 1),
        };
    }

    private void Deliver(ReadOnlySpan<byte> bytes, in FrameHead frame, int offset, int samples, bool lossBefore)
    {
        if (bytes.IsEmpty)
            return;
        _writer.Write(bytes);
        output.AudioUnit(_track!, _writer.Take(), frame, offset, samples, lossBefore);
    }

    private void Grow(int samples)
    {
        if (_samples.Length < samples)
            _samples = new short[samples];
    }
}
