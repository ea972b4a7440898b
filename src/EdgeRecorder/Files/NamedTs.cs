using EdgeRecorder.Media;
using EdgeRecorder.MpegTs;
using EdgeRecorder.Mp4;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Files;

/// <summary>A transport stream in a file. Every fragment ends with a null packet: up to the last of them the file is whole.</summary>
internal sealed class NamedTs : INamedMedia
{
    private const long SoundAtOnce90k = 9_000;              // 0.1 s of sound in one PES packet

    private readonly SafeFileHandle _file;
    private readonly TsWriter _writer;
    private readonly Track? _video, _audio;
    private readonly List<(int Offset, int Length)> _frames = [];
    private long _late90k;                                  // how far decoding times are moved back: pictures that are shown before others that they follow
    private long _lastDts = long.MinValue;
    private long? _first90k;

    private NamedTs(SafeFileHandle file, IReadOnlyList<Track> tracks)
    {
        (_file, _writer) = (file, new TsWriter(tracks));
        _video = tracks.FirstOrDefault(track => track.IsVideo);
        _audio = tracks.FirstOrDefault(track => track.Codec == Codec.Aac);
    }

    public long Length { get; private set; }
    public long Milliseconds { get; private set; }

    /// <param name="tracks">Those that a transport stream can hold.</param>
    public static NamedTs Begin(SafeFileHandle file, IReadOnlyList<Track> tracks) => new(file, tracks);

    /// <summary>Takes up a file whose end nobody wrote: everything up to the last fragment that is whole.</summary>
    public static NamedTs Recover(SafeFileHandle file)
    {
        var media = new NamedTs(file, []);
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
        var heard = 0;
        if (pictures is not null)
        {
            var scale = _video!.TimeScale;
            foreach (var sample in pictures.Samples)
                _late90k = Math.Max(_late90k, MediaTime.FromUp(-(long)sample.CompositionOffset, scale));
            foreach (var sample in pictures.Samples)
            {
                var at = MediaTime.From(sample.Dts, scale) - back90k;
                heard = AddSound(sound, media, heard, at, back90k);
                var pts = MediaTime.From(sample.Dts + sample.CompositionOffset, scale) - back90k;
                _lastDts = Math.Min(pts, Math.Max(at - _late90k, _lastDts + 1));
                _writer.AddPicture(pts + TsWriter.Lead90k, _lastDts + TsWriter.Lead90k, sample.IsSync, media.Slice((int)sample.Offset, (int)sample.Size));
            }
        }
        AddSound(sound, media, heard, long.MaxValue, back90k);
        _writer.End();
        RandomAccess.Write(_file, _writer.Written, Length);
        Length += _writer.Written.Length;
        var timeScale = (pictures is null ? _audio : _video)!.TimeScale;
        Milliseconds = MediaTime.ToUs(MediaTime.From(leader.End, timeScale) - back90k - (_first90k ??= MediaTime.From(leader.DecodeTime, timeScale) - back90k)) / 1000;
    }

    public void Sync() => RandomAccess.FlushToDisk(_file);

    public void Finish() => RandomAccess.FlushToDisk(_file);

    public void Dispose() => _file.Dispose();

    /// <summary>Sound that begins before an instant, a tenth of a second in each packet.</summary>
    private int AddSound(TrackFragment? sound, ReadOnlySpan<byte> media, int next, long before90k, long back90k)
    {
        while (sound is not null && next < sound.Samples.Count && Time(sound.Samples[next]) < before90k)
        {
            var start = Time(sound.Samples[next]);
            _frames.Clear();
            for (; next < sound.Samples.Count && Time(sound.Samples[next]) < start + SoundAtOnce90k; next++)
                _frames.Add(((int)sound.Samples[next].Offset, (int)sound.Samples[next].Size));
            _writer.AddSound(start + TsWriter.Lead90k, media, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_frames));
        }
        return next;

        long Time(in FragmentSample sample) => MediaTime.From(sample.Dts, _audio!.TimeScale) - back90k;
    }

    private static bool Reads(SafeFileHandle file, byte[] packet, long number)
        => RandomAccess.Read(file, packet, number * packet.Length) == packet.Length;
}
