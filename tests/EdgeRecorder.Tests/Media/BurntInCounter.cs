namespace EdgeRecorder.Tests.Media;

/// <summary>Reads the number that every picture of counter.h264 and counter-hd.h264 shows (tests/data/make-clips has its layout).</summary>
internal static class BurntInCounter
{
    public const string Clip = "counter.h264", LargeClip = "counter-hd.h264", H265Clip = "counter.h265";

    /// <summary>Numbers of one round of the clips.</summary>
    public const int Count = 2250;

    private const int Columns = 16, Rows = 9, LeastContrast = 128;

    /// <summary>The numbers of all pictures that ffmpeg decodes out of an input, in order of display; fails on a picture without a number.</summary>
    /// <param name="options">Of the input, in front of -i; for example -ss.</param>
    public static async Task<IReadOnlyList<int>> ReadAsync(string input, params string[] options)
    {
        // A block averages to a pixel.
        var pixels = await Tool.RunAsync("ffmpeg", ["-v", "error", .. options, "-i", input, "-map", "0:v:0", "-vf", $"scale={Columns}:{Rows}:flags=area,format=gray", "-fps_mode", "passthrough", "-f", "rawvideo", "-"]);
        Assert.Equal(0, pixels.Length % (Columns * Rows));
        return [.. pixels.Chunk(Columns * Rows).Select((picture, i) => Read(picture) ?? throw new InvalidDataException($"picture {i} of {input} shows no number"))];
    }

    /// <summary>The stretches of numbers that follow one another, rounds of the clip joined.</summary>
    public static IReadOnlyList<(int First, int Count)> Stretches(IReadOnlyList<int> numbers)
    {
        var stretches = new List<(int First, int Count)>();
        foreach (var number in numbers)
            if (stretches.Count > 0 && (stretches[^1].First + stretches[^1].Count) % Count == number)
                stretches[^1] = (stretches[^1].First, stretches[^1].Count + 1);
            else
                stretches.Add((number, 1));
        return stretches;
    }

    /// <summary>16 x 9 grey pixels; null when they show no number.</summary>
    public static int? Read(ReadOnlySpan<byte> picture)
    {
        var number = 0;
        for (var column = 0; column < Columns; column++)
        {
            var (opposite, bit) = (picture[(Rows - 2) * Columns + column], picture[(Rows - 1) * Columns + column]);
            if (Math.Abs(bit - opposite) < LeastContrast)
                return null;
            number = number << 1 | (bit > opposite ? 1 : 0);
        }
        return number;
    }
}
