using EdgeRecorder.Audio;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.MpegPs;

/// <summary>Where units of audio go.</summary>
internal interface IAudioOutput
{
    /// <param name="payload">Passes to the callee.</param>
    /// <param name="pts">Of the packet it begins in, 33 bits of 90 kHz; null where it follows the unit before.</param>
    void Audio(Track track, Payload payload, long? pts, int samples, bool lossBefore, long arrivalUs);

    void LostAudio(string why);

    /// <summary>What comes is no codec that is recorded.</summary>
    void NotRecorded(string name);
}

/// <summary>
/// Reads the packets of one audio stream. What its stream map says is a claim: AAC in ADTS is recognised by frames that fill their packets exactly, because cameras announce G.711 and send that; without
/// a map everything else is A-law. So is what is announced as AAC and never begins a frame, while every packet is as long as the one before.
/// </summary>
internal sealed class PsAudio(IAudioOutput output) : IDisposable
{
    private const int VoiceRate = 8000;
    private const int AacSamples = 1024;                    // ISO/IEC 14496-3, 4.5.2.1.1
    private const int LongestPacket = 64 * 1024;
    private const int PacketsToBelieve = 2;                 // that are AAC against the map
    private const int PacketsAlike = 8;                     // that are G.711 against the map: an AAC frame would have begun in one of them
    private const int FramesToBelieve = 4;                  // of AAC, which a few bytes of G.711 may look like
    private const int VoiceStep = 40;                       // bytes of 5 ms
    private const int LongestAdtsFrame = 8191;

    private readonly PayloadWriter _writer = new(ChunkPool.Audio);
    private byte[] _body = new byte[512];
    private int _length;
    private int _carried;                                   // of an ADTS frame that goes on in the next packet
    private long? _carriedPts;                              // which has the time of the packet it began in
    private byte? _type;                                    // as the map says
    private bool _isAac;                                    // as the data says
    private bool _isVoice;                                  // as the data says, of what is announced as AAC
    private int _aacInRow, _alikeInRow, _alikeLength, _frames;
    private bool _isFull;
    private bool _lossBefore;
    private long? _pts;
    private long _arrivalUs;
    private Track? _track;
    private ushort _adtsConfig;

    /// <param name="type">Of the stream map, null without one.</param>
    public void BeginPacket(byte? type, long? pts, long nowUs)
    {
        if (type != _type)
            (_type, _isAac, _isVoice, _aacInRow, _alikeInRow, _frames, _carried) = (type, type == StreamType.AacAdts, false, 0, 0, 0, 0);
        (_pts, _arrivalUs, _length, _isFull) = (pts, nowUs, _carried, false);
    }

    public void Data(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > LongestPacket)
        {
            _isFull = true;
            return;
        }
        if (_length + bytes.Length > _body.Length)
            Array.Resize(ref _body, Math.Max(_body.Length * 2, _length + bytes.Length));
        bytes.CopyTo(_body.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <param name="isWhole">False: the rest of it is lost.</param>
    public void EndPacket(bool isWhole)
    {
        var carried = _carried;
        _carried = 0;
        if (!isWhole || _isFull)
            Lose(_isFull ? "audio packet is too large" : "packet loss");
        else if (_length > carried)
            Read(_body.AsSpan(0, _length), carried);
    }

    /// <summary>Something is lost; before the first unit nothing is missed.</summary>
    public void Break() => (_lossBefore, _carried) = (_track is not null, 0);

    public void Dispose() => _writer.Dispose();

    private void Read(ReadOnlySpan<byte> body, int carried)
    {
        var looksLikeAac = carried > 0 || IsAdts(body);
        if (!_isAac)
        {
            _aacInRow = looksLikeAac ? _aacInRow + 1 : 0;
            _isAac = _aacInRow >= (_type is null ? 1 : PacketsToBelieve) && StreamTypeMayLie;
        }
        else if (_frames < FramesToBelieve && IsVoiceAgain(body))
            (_isAac, _isVoice) = (false, true);
        if (_isAac)
            ReadAac(body, carried);
        else if (looksLikeAac && StreamTypeMayLie)
            Lose("AAC that was announced as something else");
        else if (_type is null && IsMpegAudio(body))
            output.NotRecorded(StreamType.NameOf(3));
        else if (StreamType.CodecOf(_isVoice ? StreamType.G711A : _type ?? StreamType.G711A) is { } codec and (Codec.G711A or Codec.G711U))
        {
            if (_track?.Codec != codec)
                _track = new() { Codec = codec, TimeScale = VoiceRate, ChannelCount = 1 };
            Deliver(body, body.Length);
        }
        else
            output.NotRecorded(StreamType.NameOf(_type!.Value));
    }

    /// <summary>Enough packets of one length in which no frame of AAC begins.</summary>
    private bool IsVoiceAgain(ReadOnlySpan<byte> body)
    {
        var isVoice = body.Length % VoiceStep == 0 && !HoldsSync(body);
        _alikeInRow = !isVoice ? 0 : body.Length == _alikeLength ? _alikeInRow + 1 : 1;
        _alikeLength = body.Length;
        return _alikeInRow >= PacketsAlike;
    }

    private static bool HoldsSync(ReadOnlySpan<byte> body)
    {
        for (var at = 0; at + 1 < body.Length; at++)
            if (AdtsHeader.IsSync(body[at..]))
                return true;
        return false;
    }

    /// <summary>G.711 and no map at all are taken for AAC when the data says so; what else a map names is something else.</summary>
    private bool StreamTypeMayLie => _isVoice || _type is null or StreamType.G711A or StreamType.G711U;

    private void ReadAac(ReadOnlySpan<byte> body, int carried)
    {
        // A packet's time is that of the first frame that begins in it.
        var (time, next) = carried > 0 ? (_carriedPts, _pts) : (_pts, null);
        while (!body.IsEmpty)
        {
            if (!AdtsHeader.IsSync(body) && body.Length > 1)
            {
                Lose("AAC without an ADTS header");
                return;
            }
            if (body.Length < AdtsHeader.ShortestLength || FrameLength(body) > body.Length)
            {
                body.CopyTo(_body);                         // the rest of it is in the next packet
                (_carried, _carriedPts) = (body.Length, time);
                return;
            }
            try
            {
                var header = AdtsHeader.Parse(body);
                if (_track?.Codec != Codec.Aac || header.Config != _adtsConfig)
                    Describe(header.Config);
                _pts = time;
                Deliver(body[header.HeaderLength..header.FrameLength], AacSamples);
                _frames++;
                (time, next) = (next, null);
                body = body[header.FrameLength..];
            }
            catch (ProtocolException e)
            {
                Lose(e.Message);
                return;
            }
        }
    }

    private void Describe(ushort config)
    {
        byte[] specific = [(byte)(config >> 8), (byte)config];
        var read = AacConfig.Parse(specific);
        _adtsConfig = config;
        _track = new() { Codec = Codec.Aac, TimeScale = read.SamplingRate, ChannelCount = read.Channels, AudioSpecificConfig = specific };
    }

    private void Deliver(ReadOnlySpan<byte> bytes, int samples)
    {
        _writer.Write(bytes);
        var lossBefore = _lossBefore;
        _lossBefore = false;
        output.Audio(_track!, _writer.Take(), _pts, samples, lossBefore, _arrivalUs);
    }

    private void Lose(string why)
    {
        Break();
        output.LostAudio(why);
    }

    /// <summary>Frames from the first byte to the last.</summary>
    private static bool IsAdts(ReadOnlySpan<byte> body)
    {
        while (body.Length >= AdtsHeader.ShortestLength && AdtsHeader.IsSync(body) && FrameLength(body) is > AdtsHeader.ShortestLength and var length && length <= body.Length)
        {
            body = body[length..];
            if (body.IsEmpty)
                return true;
        }
        return false;
    }

    /// <summary>aac_frame_length, 13 bits.</summary>
    private static int FrameLength(ReadOnlySpan<byte> header) => Math.Min((header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5, LongestAdtsFrame);

    /// <summary>MPEG-1 or 2 audio: the syncword, a layer, neither bit rate nor sampling rate reserved.</summary>
    private static bool IsMpegAudio(ReadOnlySpan<byte> body)
        => body.Length > 4 && body[0] == 0xFF && (body[1] & 0xE0) == 0xE0 && (body[1] & 0x06) != 0 && (body[1] & 0x18) != 0x08 && (body[2] & 0xF0) is not (0xF0 or 0) && (body[2] & 0x0C) != 0x0C;
}
