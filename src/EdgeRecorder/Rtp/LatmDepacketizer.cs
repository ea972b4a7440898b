using EdgeRecorder.Audio;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Rtp;

/// <summary>MP4A-LATM (RFC 3016, 4; RFC 6416): AudioMuxElement(0), whose StreamMuxConfig stands in the SDP. One program, one layer.</summary>
internal sealed class LatmDepacketizer(IDepacketizerOutput output, int samplesPerFrame) : AudioDepacketizer(output)
{
    private const string Protocol = "RTP MP4A-LATM";
    private const int LongestElement = 64 * 1024;

    private byte[] _element = new byte[2048];
    private int _length;
    private bool _skip;                                     // up to the next marker
    private long _time;

    /// <summary>Takes a StreamMuxConfig apart (ISO/IEC 14496-3, 1.7.3): the AudioSpecificConfig of its only layer, moved to a byte border.</summary>
    /// <exception cref="ProtocolException">It is damaged or of a kind that is not supported.</exception>
    public static (AacConfig Config, byte[] SpecificConfig) ReadStreamMuxConfig(ReadOnlySpan<byte> config)
    {
        var bits = new BitReader(config, "StreamMuxConfig");
        if (bits.Flag("audioMuxVersion") || bits.Bits(1, "allStreamsSameTimeFraming") != 1 || bits.Bits(6, "numSubFrames") != 0
            || bits.Bits(4, "numProgram") != 0 || bits.Bits(3, "numLayer") != 0)
            throw new ProtocolException("StreamMuxConfig", 0, "audioMuxVersion, numSubFrames, numProgram, numLayer", "is not supported");
        var copy = bits;
        var before = bits.RemainingBits;
        var parsed = AacConfig.Read(ref bits);
        var length = before - bits.RemainingBits;
        var specific = new byte[(length + 7) / 8];
        for (var i = 0; i < length; i++)
            specific[i / 8] |= (byte)(copy.Bits(1, "AudioSpecificConfig") << (7 - i % 8));
        return (parsed, specific);
    }

    public override void Add(in RtpPacket packet, long time, bool missing, long arrivalUs)
    {
        if (missing)
        {
            Damage();
            _skip = !packet.Marker;
            if (packet.Marker)
                return;                                     // the end of what was lost, or whole: cannot be told
        }
        else if (_skip)
        {
            _skip = !packet.Marker;
            return;
        }
        if (_length == 0)
            _time = time;
        if (_length + packet.Payload.Length > LongestElement)
            throw new ProtocolException(Protocol, _length, "AudioMuxElement", $"is longer than {LongestElement} bytes");
        if (_length + packet.Payload.Length > _element.Length)
            Array.Resize(ref _element, LongestElement);
        packet.Payload.CopyTo(_element.AsSpan(_length));
        _length += packet.Payload.Length;
        if (packet.Marker)
            ReadElement(arrivalUs);
    }

    public override void Damage()
    {
        _length = 0;
        base.Damage();
    }

    private void ReadElement(long arrivalUs)
    {
        var reader = new ByteReader(_element.AsSpan(0, _length), Protocol);
        _length = 0;
        for (var time = _time; reader.Remaining > 0; time += samplesPerFrame)
        {
            var size = 0;
            byte part;
            do
                size += part = reader.U8("MuxSlotLengthBytes");
            while (part == 255);
            Writer.Write(reader.Bytes(size, "PayloadMux"));
            Deliver(time, arrivalUs);
        }
    }
}
