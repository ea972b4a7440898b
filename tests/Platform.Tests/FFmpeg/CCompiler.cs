using System.Diagnostics;

namespace EdgeRecorder.Platform.Tests.FFmpeg;

/// <summary>Asks C for values: a program is compiled for x86-64 or arm64 and run, arm64 by an emulator of the instruction set.</summary>
internal sealed class CCompiler(string compiler, params string[] runner)
{
    public static readonly CCompiler X64 = new("gcc");
    public static readonly CCompiler Arm64 = new("aarch64-linux-gnu-gcc", "qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu");

    /// <summary>Where Debian puts headers of libraries for the machine that compiles; those of FFmpeg are the same files for every architecture.</summary>
    private static readonly string[] Libraries = ["libavformat", "libavcodec", "libavutil", "libswscale"];

    /// <summary>Each expression's value, in order.</summary>
    public IReadOnlyList<long> Ask(IEnumerable<string> headers, IEnumerable<string> expressions)
    {
        var folder = Directory.CreateTempSubdirectory("edge-recorder-layout-").FullName;
        try
        {
            foreach (var library in Libraries)
                Directory.CreateSymbolicLink(Path.Combine(folder, library), $"/usr/include/x86_64-linux-gnu/{library}");
            File.WriteAllText(Path.Combine(folder, "ask.c"),
                $$"""
                {{string.Concat(headers.Select(header => $"#include <{header}>\n"))}}
                #include <stdio.h>
                #include <stddef.h>
                int main(void)
                {
                {{string.Concat(expressions.Select(e => $"printf(\"%lld\\n\", (long long)({e}));\n"))}}
                return 0;
                }
                """);
            Run([compiler, "-w", "-I", folder, "-o", Path.Combine(folder, "ask"), Path.Combine(folder, "ask.c")]);
            return [.. Run([.. runner, Path.Combine(folder, "ask")]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.Parse(line, System.Globalization.CultureInfo.InvariantCulture))];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Run(string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', command)}: {errors.Result}");
        return output;
    }
}
