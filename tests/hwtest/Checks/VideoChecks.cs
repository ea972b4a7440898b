using System.Buffers.Binary;
using System.Diagnostics;
using EdgeRecorder.Platform.V4l2;

namespace EdgeRecorder.HardwareChecks;

/// <summary>The kernel's virtual codec (it speaks FWHT only), its virtual camera, and a driver of ours that speaks H.264.</summary>
internal sealed class VideoChecks(Checks checks)
{
    private const uint Fwht = 0x54485746, Yu12 = 0x32315559, H264Format = 0x34363248, BitRate = 0x009909cf, GopSize = 0x009909cb, HeaderMode = 0x009909d8, RepeatHeader = 0x009909e2;
    private const uint IFrame = 1 << 10;                    // V4L2_FWHT_FL_I_FRAME of the head's flags: the driver does not mark its buffers
    private const int Width = 640, Height = 360;
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(40);

    public void Run()
    {
        foreach (var planes in new[] { 0, 1 })
        {
            Shell("modprobe", "-r", "vicodec");
            Shell("modprobe", "vicodec", $"multiplanar={planes}");
            Shell("udevadm", "settle");
            var kind = planes == 1 ? "multi-planar" : "single-planar";
            checks.Run($"{kind}: the encoder is found by what it encodes to", () => Checks.Equal("vicodec", Driver(Encoder()), "driver"));
            checks.Run($"{kind}: a size is rounded up, and missing controls are named", () =>
            {
                using var device = VideoDevice.Open(Encoder());
                using var encoder = Make(device, controls: EncoderSettings.Recording(1_000_000, 5));
                Checks.Equal(planes == 1, device.IsMultiPlanar, "planes");
                Checks.Equal(368u, encoder.RawFormat.Height, "lines");
                Checks.True(encoder.Refused.Contains(BitRate) && !encoder.Refused.Contains(GopSize), $"refused: {string.Join(", ", encoder.Refused)}");
            });
            checks.Run($"{kind}: twenty pictures come out whole, in order, with their times, and the drain ends", () => Encode());
            checks.Run($"{kind}: behind a drain it begins anew", () =>
            {
                using var device = VideoDevice.Open(Encoder());
                using var encoder = Make(device);
                for (var round = 0; round < 3; round++)
                {
                    Checks.Equal(5, All(encoder, 5).Count, $"pictures of round {round}");
                    encoder.Restart();
                }
            });
            checks.Run($"{kind}: a hundred rounds leak no descriptor and no mapping", Leak);
            checks.Run($"{kind}: the camera's pictures go into the encoder without being copied", ZeroCopy);
            checks.Run($"{kind}: what the encoder made our decoder class decodes again, at 30 dB or better", DecodeAgain);
            checks.Run($"{kind}: a hundred rounds of the decoder leak no descriptor and no mapping", LeakOfDecoder);
        }
        H264();
        checks.Run("a format that nobody takes is refused with a reason", () =>
        {
            using var device = VideoDevice.Open(Encoder());
            try
            {
                using var encoder = new VideoEncoder(device, new EncoderSettings { Coded = H264Format, Width = Width, Height = Height });
            }
            catch (NotSupportedException e) when (e.Message.Contains("does not encode to H264", StringComparison.Ordinal))
            {
                return;
            }
            Checks.True(false, "it was taken");
        });
    }

    private static void Encode()
    {
        using var device = VideoDevice.Open(Encoder());
        using var encoder = Make(device, controls: [(GopSize, 5)]);
        var coded = All(encoder, 20);
        Checks.Equal(20, coded.Count, "pictures");
        for (var i = 0; i < coded.Count; i++)
        {
            var bytes = coded[i].Bytes.Span;
            Checks.Equal(Frame * (i + 1), coded[i].Time, $"time of {i}");
            Checks.True(bytes.Length > 44 && BinaryPrimitives.ReadUInt32BigEndian(bytes) == 0x4f4f4f4f && BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) == 0xffffffff, $"head of {i}");
            Checks.Equal((640u, 368u, (uint)bytes.Length - 44), (BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]), encoder.RawFormat.Height, BinaryPrimitives.ReadUInt32BigEndian(bytes[40..])), $"size of {i}");
            Checks.Equal(i % 5 == 0, (BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]) & IFrame) != 0, $"I-frame {i}");
        }
    }

    /// <summary>Our own driver (tests/hwtest/driver) speaks H.264 and has the controls that the virtual codec lacks.</summary>
    private void H264()
    {
        foreach (var planes in new[] { 0, 1 })
        {
            Shell("modprobe", "ipcm-h264", $"multiplanar={planes}");
            Shell("udevadm", "settle");
            var kind = planes == 1 ? "H.264, multi-planar" : "H.264, single-planar";
            checks.Run($"{kind}: bit rate, GOP and header mode are taken, controls that repeat parameter sets are not there", () =>
            {
                using var device = VideoDevice.Open(Encoder(H264Format));
                using var encoder = new VideoEncoder(device, new EncoderSettings { Coded = H264Format, Width = Width, Height = Height, Controls = EncoderSettings.Recording(1_000_000, 5) });
                Checks.Equal(("ipcm-h264", true, 368u), (device.Driver, encoder.Crops, encoder.RawFormat.Height), "driver, crop, lines");
                Checks.True(!encoder.Refused.Contains(BitRate) && !encoder.Refused.Contains(GopSize) && !encoder.Refused.Contains(HeaderMode) && encoder.Refused.Contains(RepeatHeader), $"refused: {string.Join(", ", encoder.Refused)}");
                var coded = All(encoder, 12);
                Checks.Equal("0x67 0x68 0x65, 0x41, 0x41, 0x41, 0x41, 0x65, 0x41, 0x41, 0x41, 0x41, 0x65, 0x41", string.Join(", ", coded.Select(NalUnits)), "NAL units");
                Checks.True(coded.Select((one, i) => one.IsSync == (i % 5 == 0) && one.Time == Frame * (i + 1)).All(right => right), "sync samples and times");
            });
            checks.Run($"{kind}: parameter sets may come in a buffer of their own", () =>
            {
                using var device = VideoDevice.Open(Encoder(H264Format));
                using var encoder = new VideoEncoder(device, new EncoderSettings { Coded = H264Format, Width = Width, Height = Height, Controls = [(HeaderMode, 0)] });
                Checks.Equal("0x67 0x68, 0x65, 0x41", string.Join(", ", All(encoder, 2).Select(NalUnits)), "NAL units");
            });
            checks.Run($"{kind}: a picture becomes a sync sample when it is asked for", () =>
            {
                using var device = VideoDevice.Open(Encoder(H264Format));
                using var encoder = new VideoEncoder(device, new EncoderSettings { Coded = H264Format, Width = Width, Height = Height, Controls = EncoderSettings.Recording(1_000_000, 100) });
                List<CodedPicture> coded = [];
                var picture = new byte[RawPicture.Length(encoder.RawFormat.FourCC, Width, Height)];
                for (var i = 0; i < 6; i++)
                {
                    Checks.True(encoder.TryEncode(picture, Frame * i, isSync: i == 3), "room");
                    Checks.Until(() =>
                    {
                        if (!encoder.TryTake(TimeSpan.FromMilliseconds(100), out var one))
                            return false;
                        coded.Add(one);
                        return true;
                    }, $"picture {i}");
                }
                Checks.Equal("1 0 0 1 0 0", string.Join(' ', coded.Select(one => one.IsSync ? 1 : 0)), "sync samples");
            });
            Shell("modprobe", "-r", "ipcm-h264");
        }
    }

    /// <summary>Headers of the NAL units in a picture of the driver's, which writes start codes of four bytes.</summary>
    private static string NalUnits(CodedPicture picture)
    {
        List<string> headers = [];
        var rest = picture.Bytes.Span;
        for (int at; (at = rest.IndexOf((ReadOnlySpan<byte>)[0, 0, 0, 1])) >= 0; rest = rest[(at + 5)..])
            headers.Add($"0x{rest[at + 4]:x}");
        return string.Join(' ', headers);
    }

    private static void DecodeAgain()
    {
        using var device = VideoDevice.Open(Encoder());
        using var encoder = Make(device, raw: [Yu12]);
        var sent = Enumerable.Range(0, 20).Select(Pattern).ToList();
        var coded = All(encoder, 20, i => sent[i]);
        var decoded = Decode(coded);
        Checks.Equal(20, decoded.Count, "decoded pictures");
        var worst = double.PositiveInfinity;
        for (var i = 0; i < decoded.Count; i++)
        {
            Checks.Equal(Frame * (i + 1), decoded[i].Time, $"time of {i}");
            worst = Math.Min(worst, Psnr(sent[i], decoded[i].Picture));
        }
        Console.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"      worst picture: {worst:0.0} dB"));
        Checks.True(worst >= 30, $"{worst:0.0} dB");
    }

    private static List<(byte[] Picture, TimeSpan Time)> Decode(IReadOnlyList<CodedPicture> coded)
    {
        using var device = VideoDevice.Open(VideoDevice.FindDecoder([Fwht], VideoDevice.Nodes())?.Path ?? throw new InvalidOperationException("no decoder"));
        using var decoder = new VideoDecoder(device, Fwht, Width, Height, [Yu12], largest: Width * 368 * 3);
        List<(byte[], TimeSpan)> pictures = [];
        foreach (var one in coded)
            Checks.Until(() =>
            {
                Take(TimeSpan.Zero);
                return decoder.TryDecode(one.Bytes.Span, one.Time);
            }, "room in the decoder");
        // Its other side begins with the stream's head; before that there is nothing to drain.
        Checks.Until(() =>
        {
            Take(TimeSpan.FromMilliseconds(100));
            return decoder.RawFormat is not null;
        }, "the stream's size");
        decoder.Drain();
        Checks.Until(() =>
        {
            Take(TimeSpan.FromMilliseconds(100));
            return decoder.IsDrained;
        }, "the end of the decoder's drain");
        Checks.Equal(((Width, Height), 0), (decoder.Visible, decoder.Damaged), "visible part, damaged pictures");
        return pictures;

        void Take(TimeSpan patience) => decoder.TryTake(patience, (bytes, time) =>
        {
            var tight = new byte[RawPicture.Length(Yu12, Width, Height)];
            RawPicture.Gather(bytes, tight, decoder.RawFormat!, Width, Height);
            pictures.Add((tight, time));
        });
    }

    private static void LeakOfDecoder()
    {
        List<CodedPicture> coded;
        using (var device = VideoDevice.Open(Encoder()))
        using (var encoder = Make(device, raw: [Yu12]))
            coded = All(encoder, 2);
        Rounds(() => Checks.Equal(2, Decode(coded).Count, "pictures"));
    }

    /// <summary>Soft shapes that move: what a picture compression is made for.</summary>
    private static byte[] Pattern(int number)
    {
        var picture = new byte[RawPicture.Length(Yu12, Width, Height)];
        for (var y = 0; y < Height; y++)
            for (var x = 0; x < Width; x++)
                picture[y * Width + x] = (byte)(128 + 80 * Math.Sin((x + 4 * number) / 40.0) * Math.Cos(y / 30.0));
        for (var i = Width * Height; i < picture.Length; i++)
            picture[i] = (byte)(96 + i % (Width / 2) * 64 / (Width / 2));
        return picture;
    }

    private static double Psnr(byte[] one, byte[] other)
    {
        var error = one.Zip(other, (a, b) => (double)(a - b) * (a - b)).Average();
        return 10 * Math.Log10(255 * 255 / Math.Max(error, 1e-6));
    }

    private static void Leak() => Rounds(() =>
    {
        using var device = VideoDevice.Open(Encoder());
        using var encoder = Make(device);
        Checks.Equal(2, All(encoder, 2).Count, "pictures");
    });

    private static void Rounds(Action work)
    {
        var before = (0, 0);
        for (var round = 0; round < 101; round++)
        {
            work();
            var now = (Directory.GetFiles("/proc/self/fd").Count(fd => new FileInfo(fd).LinkTarget?.StartsWith("/dev/", StringComparison.Ordinal) == true), File.ReadLines("/proc/self/maps").Count(line => line.Contains("/dev/video", StringComparison.Ordinal)));
            if (round == 0)
                before = now;
            else if (round == 100)
                Checks.Equal(before, now, "descriptors and mappings");
        }
    }

    private static void ZeroCopy()
    {
        using var camera = VideoDevice.Open(VideoDevice.Nodes().First(path => Driver(path) == "vivid"));
        // 480 lines, which no driver rounds up: memory of fewer lines than it counts with is refused (360 become 368).
        using var capture = new VideoCapture(camera, Yu12, Width, 480, (25, 1));
        using var device = VideoDevice.Open(Encoder());
        using var encoder = new VideoEncoder(device, new EncoderSettings { Coded = Fwht, Width = Width, Height = (int)capture.Format.Height, Raw = [Yu12], TakesForeignMemory = true });
        var memory = Enumerable.Range(0, capture.Buffers).Select(capture.Export).ToArray();
        capture.Start();
        Dictionary<int, CapturedPicture> lent = [];
        List<CodedPicture> coded = [];
        List<TimeSpan> taken = [];
        var clock = Stopwatch.StartNew();
        while (coded.Count < 5 && clock.Elapsed < Checks.Patience)
        {
            if (taken.Count < 5 && capture.TryTake(TimeSpan.FromSeconds(1), out var picture, out _))
            {
                if (encoder.TryEncode(memory[picture.Index], capture.Format.Planes[0].SizeImage, picture.Bytes, picture.Time, out var index))
                {
                    lent[index] = picture;
                    taken.Add(picture.Time);
                }
                else
                {
                    capture.GiveBack(picture);                  // the encoder is full
                }
            }
            if (encoder.TryTake(TimeSpan.FromMilliseconds(10), out var one))
                coded.Add(one);
            while (encoder.TakeBack(out var back))
                capture.GiveBack(lent[back]);
        }
        Checks.True(taken.SequenceEqual(coded.Select(one => one.Time)), $"times {string.Join(' ', coded.Select(one => one.Time))} of {string.Join(' ', taken)}");
        Checks.True(taken[0] > TimeSpan.Zero && taken.Zip(taken.Skip(1)).All(pair => pair.First < pair.Second), "times of the camera");
        foreach (var file in memory)
            file.Dispose();
    }

    private static List<CodedPicture> All(VideoEncoder encoder, int count, Func<int, byte[]>? pictures = null)
    {
        List<CodedPicture> coded = [];
        var picture = new byte[RawPicture.Length(encoder.RawFormat.FourCC, Width, Height)];
        for (var i = 0; i < count; i++)
        {
            if (pictures is null)
                new Random(i).NextBytes(picture.AsSpan(0, 4096));
            else
                picture = pictures(i);
            Checks.Until(() =>
            {
                if (encoder.TryTake(TimeSpan.Zero, out var early))
                    coded.Add(early);
                return encoder.TryEncode(picture, Frame * (i + 1));
            }, $"room for picture {i}");
        }
        encoder.Drain();
        Checks.Until(() =>
        {
            if (encoder.TryTake(TimeSpan.FromMilliseconds(100), out var one))
                coded.Add(one);
            return encoder.IsDrained;
        }, "the end of the drain");
        return coded;
    }

    private static string Encoder(uint coded = Fwht) => VideoDevice.FindEncoder([coded], VideoDevice.Nodes())?.Path ?? throw new InvalidOperationException("no encoder");

    private static VideoEncoder Make(VideoDevice device, IReadOnlyList<(uint, long)>? controls = null, IReadOnlyList<uint>? raw = null)
        => new(device, new EncoderSettings { Coded = Fwht, Width = Width, Height = Height, Controls = controls ?? [], Raw = raw ?? RawPicture.Formats });

    private static string Driver(string path)
    {
        using var device = VideoDevice.Open(path);
        return device.Driver;
    }

    private static void Shell(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        Checks.Equal(0, process.ExitCode, $"{program} {string.Join(' ', arguments)}");
    }
}
