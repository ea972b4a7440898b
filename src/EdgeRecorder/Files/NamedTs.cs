using EdgeRecorder.Media;
using EdgeRecorder.MpegTs;
using EdgeRecorder.Mp4;
using EdgeRecorder.Sound;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Files;

/// <summary>A transport stream in a file. Every fragment ends with a null packet: up to the last of them the file is whole.</summary>
internal sealed class NamedTs : INamedMedia
{
    private const long SoundAtOnce90k = 9_000;              // 0.1 s of sound in one PES packet

    private readonly SafeFileHandle _file;
    private readonly TsWriter _writer;
    /// <summary>Made sound comes later than its pictures: the clock goes so much further ahead of everything, and everything begins so much later.</summary>
    private const long MadeLater90k = 18_000;

    private readonly Track? _video, _audio;
    private readonly MadeSound? _made;
    private readonly long _lead90k;
    private readonly List<(long At90k, int Offset, int Length)> _sound = [];
    private readonly List<(int Offset, int Length)> _frames = [];
    private long _late90k;                                  // how far decoding times are moved back: pictures that are shown before others that they follow
    private long _lastDts = long.MinValue;
    private long? _first90k;

    private NamedTs(SafeFileHandle file, IReadOnlyList<Track> tracks, AacSound? sound)
    {
        _file = file;
        _video = tracks.FirstOrDefault(track => track.IsVideo);
        _audio = tracks.FirstOrDefault(track => !track.IsVideo);
        if (sound is not null && _audio is { } speech && !TsWriter.CanHold(speech) && (_made = MadeSound.Open(sound, speech)) is null)
            _audio = null;
        var later = _made is null ? 0 : MadeLater90k;
        _writer = new TsWriter(_made is { } made ? [.. tracks.Where(track => track.IsVideo), made.Aac] : tracks, later);
        _lead90k = TsWriter.Lead90k + later;
    }

    public long Length { get; private set; }
    public long Milliseconds { get; private set; }

    /// <param name="tracks">Those of which <see cref="CanHold"/> is true.</param>
    /// <param name="sound">Makes AAC of G.711, which has no stream type.</param>
    public static NamedTs Begin(SafeFileHandle file, IReadOnlyList<Track> tracks, AacSound sound) => new(file, tracks, sound);

    public static bool CanHold(Track track, AacSound sound) => TsWriter.CanHold(track) || sound.Makes(track);

    /// <summary>Takes up a file whose end nobody wrote: everything up to the last fragment that is whole.</summary>
    public static NamedTs Recover(SafeFileHandle file)
    {
        var media = new NamedTs(file, [], null);
        var packet = new byte[TsWriter.PacketLength];
        var end = RandomAccess.GetLength(file) / packet.Length;
        for (; end > 0 && !(Reads(file, packet, end - 1) && TsPacket.IsNull(packet)); end--)
        {
        }
        long? first = null, last = null;
        for (var at = 0L; at < end && first is null; at++)
            first = Reads(file, packet, at) ? TsPacket.Clock(packet) : null;
        for (var at = end - 1; at >= 0 && last is null; at--)
            last = Reads(file, packet, at) ? TsPacket.Clock(packet) : null;
        media.Length = end * packet.Length;
        media.Milliseconds = last - first is > 0 and var length ? length / 90 : 0;
        RandomAccess.SetLength(file, media.Length);
        return media;
    }

    public void Add(MovieFragment moof, ReadOnlySpan<byte> media, long back90k)
    {
        var pictures = _video is null ? null : moof.Tracks.FirstOrDefault(track => track.TrackId == _video.Id);
        var sound = _audio is null ? null : moof.Tracks.FirstOrDefault(track => track.TrackId == _audio.Id);
        if ((pictures ?? sound) is not { Samples.Count: > 0 } leader)
            return;
        _writer.Begin();
        var bytes = Listen(sound, media, pictures is null ? null : MediaTime.From(pictures.End, _video!.TimeScale) - back90k, back90k);
        var heard = 0;
        if (pictures is not null)
        {
            var scale = _video!.TimeScale;
            foreach (var sample in pictures.Samples)
                _late90k = Math.Max(_late90k, MediaTime.FromUp(-(long)sample.CompositionOffset, scale));
            foreach (var sample in pictures.Samples)
            {
                var at = MediaTime.From(sample.Dts, scale) - back90k;
                heard = AddSound(bytes, heard, at);
                var pts = MediaTime.From(sample.Dts + sample.CompositionOffset, scale) - back90k;
                _lastDts = Math.Min(pts, Math.Max(at - _late90k, _lastDts + 1));
                _writer.AddPicture(pts + _lead90k, _lastDts + _lead90k, sample.IsSync, media.Slice((int)sample.Offset, (int)sample.Size));
            }
        }
        AddSound(bytes, heard, long.MaxValue);
        End();
        var timeScale = (pictures is null ? _audio : _video)!.TimeScale;
        Milliseconds = MediaTime.ToUs(MediaTime.From(leader.End, timeScale) - back90k - (_first90k ??= MediaTime.From(leader.DecodeTime, timeScale) - back90k)) / 1000;
    }

    public void Sync() => RandomAccess.FlushToDisk(_file);

    public void Finish()
    {
        if (_made is not null)
        {
            _made.End();
            _writer.Begin();
            AddSound(Listen(null, default, null, 0), 0, long.MaxValue);
            End();
        }
        RandomAccess.FlushToDisk(_file);
    }

    public void Dispose()
    {
        _made?.Dispose();
        _file.Dispose();
    }

    private void End()
    {
        _writer.End();
        RandomAccess.Write(_file, _writer.Written, Length);
        Length += _writer.Written.Length;
    }

    /// <summary>The frames of sound that are written now, and the bytes in which they lie.</summary>
    private ReadOnlySpan<byte> Listen(TrackFragment? sound, ReadOnlySpan<byte> media, long? end90k, long back90k)
    {
        _sound.Clear();
        if (_made is null)
        {
            foreach (var sample in sound?.Samples ?? [])
                _sound.Add((MediaTime.From(sample.Dts, _audio!.TimeScale) - back90k, (int)sample.Offset, (int)sample.Size));
            return media;
        }
        _made.Add(sound, media, back90k, end90k);
        _sound.AddRange(_made.Frames);
        var bytes = _made.Bytes;
        _made.Clear();                                      // they stay where they are until more is made
        return bytes;
    }

    /// <summary>Sound that begins before an instant, a tenth of a second in each packet.</summary>
    private int AddSound(ReadOnlySpan<byte> bytes, int next, long before90k)
    {
        while (next < _sound.Count && _sound[next].At90k < before90k)
        {
            var start = _sound[next].At90k;
            _frames.Clear();
            for (; next < _sound.Count && _sound[next].At90k < start + SoundAtOnce90k; next++)
                _frames.Add((_sound[next].Offset, _sound[next].Length));
            _writer.AddSound(start + _lead90k, bytes, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_frames));
        }
        return next;
    }

    private static bool Reads(SafeFileHandle file, byte[] packet, long number)
        => RandomAccess.Read(file, packet, number * packet.Length) == packet.Length;
}
