using EdgeRecorder.Media;

namespace EdgeRecorder.MpegPs;

/// <summary>What a transport says of a piece of a program stream.</summary>
/// <param name="TransportTime">Its time stamp there, 32 bits of 90 kHz; null where there is none.</param>
/// <param name="EndsFrame">Marker: the last piece of a frame, as most say.</param>
/// <param name="IsMissingBefore">What should stand before it never came.</param>
internal readonly record struct PsPiece(uint? TransportTime, bool EndsFrame, bool IsMissingBefore, long ArrivalUs);

/// <summary>
/// One program stream: pieces in, access units of one video and one audio stream out. Which there are the data says; tracks are announced when both were seen or the map names no
/// more. Not thread-safe.
/// </summary>
internal sealed class PsReceiver : IProgramStreamSink, IPictureOutput, IAudioOutput, IDisposable
{
    private const int TicksPerMs = 90;
    private const int TicksPerSecond = 90_000;
    private const int LongestStep = 10 * TicksPerSecond;
    private const int MostNames = 16;

    private readonly ISourceSink _tap;
    private readonly TrackGate _gate;
    private readonly PsDemuxer _demuxer;
    private readonly PsVideo _video;
    private readonly PsAudio _audio;
    private readonly MediaTimeline _timeline = new(TicksPerMs);
    private readonly SampleClock _samples = new();
    private readonly MappedStream[] _map = new MappedStream[ProgramStreamMap.MostStreams];
    private readonly List<string> _named = [];
    private int _mapLength;
    private byte? _videoId;
    private byte? _audioId;
    private Open _into;                                     // where the open packet goes
    private Stamps _videoStamps;
    private Stamps _audioStamps;
    private Track? _videoTrack;
    private uint? _transportTime;
    private bool _endedFrame = true;
    private bool _sawVideo;
    private long _nowUs;

    public PsReceiver(ISourceSink tap, bool expectsAudio = true)
    {
        _tap = tap;
        _gate = new(tap, expectsAudio);
        _demuxer = new(this);
        _video = new(this);
        _audio = new(this);
    }

    private enum Open : byte { Nothing, Video, Audio }

    /// <summary>What comes and is not recorded, each named once. Replaced, never changed: may be read from any thread.</summary>
    public IReadOnlyList<string> NotRecorded { get; private set; } = [];

    /// <summary>Packets of video that were longer than they said.</summary>
    public long Overruns => _demuxer.Overruns;

    public void Add(ReadOnlySpan<byte> bytes, in PsPiece piece)
    {
        if (piece.IsMissingBefore)
            Break();
        _nowUs = piece.ArrivalUs;
        var begins = _endedFrame || piece.TransportTime != _transportTime;
        if (begins)
            _demuxer.EndFrame();
        (_transportTime, _endedFrame) = (piece.TransportTime, piece.EndsFrame);
        _demuxer.Feed(bytes, begins && piece.TransportTime is not null);
        if (!piece.EndsFrame)
            return;
        _demuxer.EndFrame();
        if (_demuxer.IsAtElement)
            _video.Marker();
    }

    /// <summary>Something between what came and what will come is lost.</summary>
    public void Break()
    {
        _demuxer.Break();
        _video.Break();
        _audio.Break();
        _into = Open.Nothing;
    }

    /// <summary>What comes next does not go on with what came: another source sends it.</summary>
    public void Restart()
    {
        Break();
        _video.Doubt();
    }

    /// <summary>By the clock: a picture that waits for the beginning of the next is delivered without it.</summary>
    public void Expire(long nowUs) => _video.Expire(nowUs);

    /// <summary>Nothing more may come: what is complete is delivered.</summary>
    public void Flush()
    {
        _demuxer.EndFrame();
        _video.Flush();
        _gate.Flush();
    }

    public void Dispose()
    {
        _gate.Dispose();
        _video.Dispose();
        _audio.Dispose();
    }

    void IProgramStreamSink.Map(ReadOnlySpan<MappedStream> streams)
    {
        streams.CopyTo(_map);
        _mapLength = streams.Length;
        var hasAudio = false;
        foreach (var stream in streams)
            hasAudio |= StreamType.CodecOf(stream.Type) is Codec.Aac or Codec.G711A or Codec.G711U;
        _gate.ExpectsAudio = hasAudio;
    }

    void IProgramStreamSink.BeginPes(byte streamId, PesStamps stamps)
    {
        var type = TypeOf(streamId);
        _into = StreamId.IsVideo(streamId) ? RouteVideo(streamId, type) : RouteAudio(streamId);
        if (_into == Open.Video)
        {
            _sawVideo = true;
            _video.BeginPacket(stamps.Pts is { } pts ? Read(ref _videoStamps, _audioStamps, pts, stamps.Dts ?? pts) : null, _transportTime, _nowUs);
        }
        else if (_into == Open.Audio)
            _audio.BeginPacket(type, stamps.Pts, _nowUs);
    }

    void IProgramStreamSink.PesData(ReadOnlySpan<byte> bytes)
    {
        if (_into == Open.Video)
            _video.Data(bytes, _nowUs);
        else if (_into == Open.Audio)
            _audio.Data(bytes);
    }

    void IProgramStreamSink.EndPes(bool isWhole)
    {
        if (_into == Open.Video)
            _video.EndPacket(isWhole);
        else if (_into == Open.Audio)
            _audio.EndPacket(isWhole);
        _into = Open.Nothing;
    }

    void IProgramStreamSink.OutOfSync()
    {
        _video.Break();
        _audio.Break();
    }

    void IPictureOutput.Picture(PsVideo source, Payload payload, in PictureTime time, bool isSync, bool lossBefore, long arrivalUs)
    {
        if (source.Picture.SetsChanged || _videoTrack?.Codec != source.Codec)
            Describe(source);
        var mayStepBack = time.Dts > _videoStamps.DeliveredDts;
        _videoStamps.DeliveredDts = time.Dts;
        _gate.Video(new AccessUnit
        {
            Track = _videoTrack!,
            Pts = _timeline.Video((ulong)time.Pts, arrivalUs, mayStepBack),
            IsSync = isSync,
            Payload = payload,
            ArrivalUs = arrivalUs,
            LossBefore = lossBefore,
        });
    }

    PictureTime IPictureOutput.Guess(PictureTime? before, uint? transportBefore, uint? transportTime)
    {
        if (before is { } picture)
        {
            var step = Since(transportBefore, transportTime) ?? _timeline.UsualVideoStep;
            return new(picture.Pts + step, picture.Dts + step);
        }
        if (!_videoStamps.IsStarted)
            (_videoStamps.IsStarted, _videoStamps.Last) = (true, _audioStamps.IsStarted ? _audioStamps.Last : transportTime ?? 0);
        return new(_videoStamps.Last, _videoStamps.Last);
    }

    void IPictureOutput.LostPictures(int count, string why) => _tap.Lost(count, why);

    void IAudioOutput.Audio(Track track, Payload payload, long? pts, int samples, bool lossBefore, long arrivalUs)
    {
        // A stamp that is repeated says nothing: some devices give audio that of the picture beside it.
        var isSaid = pts is { } said && !(_audioStamps.IsStarted && (said - _audioStamps.Last & Stamps.Mask) == 0);
        long at;
        if (!isSaid && !lossBefore && _audioStamps.IsStarted)
            at = _samples.Continue(track, samples);
        else
        {
            var stamp = isSaid ? Read(ref _audioStamps, _videoStamps, pts!.Value, pts.Value).Pts : GuessAudio();
            at = _samples.Place(track, (double)_timeline.Audio((ulong)stamp, arrivalUs) / TicksPerMs, samples, lossBefore);
        }
        _gate.Audio(new AccessUnit
        {
            Track = track,
            Pts = at,
            IsSync = true,
            Payload = payload,
            ArrivalUs = arrivalUs,
            LossBefore = lossBefore,
        }, hasVideo: _sawVideo);
    }

    void IAudioOutput.LostAudio(string why) => _tap.Lost(1, why);

    void IAudioOutput.NotRecorded(string name) => Name(name);

    private Open RouteVideo(byte id, byte? type)
    {
        if (type is { } said && StreamType.CodecOf(said) is not (Codec.H264 or Codec.H265))
        {
            Name(StreamType.NameOf(said));
            return Open.Nothing;
        }
        if (_videoId == id)
            return Open.Video;
        if (_video.Codec is not null)
        {
            Name($"second video stream {id:X2}");
            return Open.Nothing;
        }
        if (_videoId is not null)
            _video.Break();                                 // the other one showed no parameter sets so far
        _videoId = id;
        return Open.Video;
    }

    private Open RouteAudio(byte id)
    {
        _audioId ??= id;
        if (_audioId == id)
            return Open.Audio;
        Name($"second audio stream {id:X2}");
        return Open.Nothing;
    }

    private byte? TypeOf(byte id)
    {
        foreach (var stream in _map.AsSpan(0, _mapLength))
            if (stream.Id == id)
                return stream.Type;
        return null;
    }

    /// <summary>33 bits become 64: the nearest to the stream's last stamp, or to the other stream's.</summary>
    private PictureTime Read(ref Stamps own, in Stamps other, long pts, long dts)
    {
        var near = own.IsStarted ? own.Last : other.IsStarted ? other.Last : pts;
        var at = near + Stamps.Difference(pts, near);
        (own.IsStarted, own.Last, own.TransportTime) = (true, at, _transportTime);
        return new(at, at - Stamps.Difference(pts, dts));
    }

    /// <summary>A stamp for audio that has none: as far behind the last as the transport's time says.</summary>
    private long GuessAudio()
    {
        ref var own = ref _audioStamps;
        if (!own.IsStarted)
            own.Last = _videoStamps.IsStarted ? _videoStamps.Last : _transportTime ?? 0;
        else
            own.Last += Since(own.TransportTime, _transportTime) ?? 0;
        (own.IsStarted, own.TransportTime) = (true, _transportTime);
        return own.Last;
    }

    private static long? Since(uint? before, uint? now) => (int?)(now - before) is > 0 and < LongestStep and var since ? since : null;

    private void Describe(PsVideo source)
    {
        source.Picture.SetsChanged = false;
        var format = source.Picture.Sets.Format;
        _videoTrack = new()
        {
            Codec = source.Codec!.Value,
            TimeScale = TicksPerSecond,
            Width = format.Width,
            Height = format.Height,
            FrameRate = format.FrameRate,
            ParameterSets = source.Picture.Sets.ToArray(),
        };
    }

    private void Name(string name)
    {
        if (_named.Contains(name) || _named.Count == MostNames)
            return;
        _named.Add(name);
        NotRecorded = [.. _named];
    }

    /// <summary>Of one elementary stream.</summary>
    private struct Stamps
    {
        public const long Mask = (1L << 33) - 1;

        public bool IsStarted;
        public long Last;                                   // unwrapped
        public uint? TransportTime;                         // that came with it
        public long DeliveredDts;

        /// <summary>From <paramref name="to"/> to <paramref name="from"/>, the short way round 33 bits.</summary>
        public static long Difference(long from, long to) => (from - to & Mask) is var forward && forward > Mask / 2 ? forward - Mask - 1 : forward;
    }
}
