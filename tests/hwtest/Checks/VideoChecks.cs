using System.Buffers.Binary;
using System.Diagnostics;
using EdgeRecorder.Platform.V4l2;

namespace EdgeRecorder.HardwareChecks;

/// <summary>The kernel's virtual codec (it speaks FWHT only) and its virtual camera.</summary>
internal sealed class VideoChecks(Checks checks)
{
    private const uint Fwht = 0x54485746, Yu12 = 0x32315559, BitRate = 0x009909cf, GopSize = 0x009909cb;
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
        }
        checks.Run("a format that nobody takes is refused with a reason", () =>
        {
            using var device = VideoDevice.Open(Encoder());
            try
            {
                using var encoder = new VideoEncoder(device, new EncoderSettings { Coded = 0x34363248, Width = Width, Height = Height });
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

    private static void Leak()
    {
        var before = (0, 0);
        for (var round = 0; round < 101; round++)
        {
            using (var device = VideoDevice.Open(Encoder()))
            using (var encoder = Make(device))
                Checks.Equal(2, All(encoder, 2).Count, "pictures");
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
                Checks.True(encoder.TryEncode(memory[picture.Index], capture.Format.Planes[0].SizeImage, picture.Bytes, picture.Time, out var index), "the encoder is full");
                lent[index] = picture;
                taken.Add(picture.Time);
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

    private static List<CodedPicture> All(VideoEncoder encoder, int count)
    {
        List<CodedPicture> coded = [];
        var picture = new byte[RawPicture.Length(encoder.RawFormat.FourCC, Width, Height)];
        for (var i = 0; i < count; i++)
        {
            new Random(i).NextBytes(picture.AsSpan(0, 4096));
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

    private static string Encoder() => VideoDevice.FindEncoder([Fwht], VideoDevice.Nodes())?.Path ?? throw new InvalidOperationException("no encoder");

    private static VideoEncoder Make(VideoDevice device, IReadOnlyList<(uint, long)>? controls = null)
        => new(device, new EncoderSettings { Coded = Fwht, Width = Width, Height = Height, Controls = controls ?? [] });

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
