using System.Globalization;
using System.Runtime.InteropServices;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Update;

/// <summary>Where a box keeps its two systems, and which of them runs.</summary>
/// <param name="Running">`a` or `b`; null on a system that was not started from a slot.</param>
/// <param name="EnvironmentPath">The boot loader's memory.</param>
/// <param name="KeyPath">Public key that updates are signed for.</param>
/// <param name="Architecture">As Debian calls it.</param>
internal sealed record BoxSlots(string? Running, string PathA, string PathB, string EnvironmentPath, string KeyPath, string Architecture)
{
    private const string Argument = "edge-recorder.slot=";

    /// <summary>What `make image` makes (docs/design/image.md).</summary>
    public static BoxSlots OfThisBox() => new(SlotOf(File.ReadAllText("/proc/cmdline")),
        "/dev/disk/by-partlabel/er_a", "/dev/disk/by-partlabel/er_b", "/boot/efi/edge-recorder/grubenv", "/etc/edge-recorder/update-key.pem", OwnArchitecture);

    public static string OwnArchitecture => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString(),
    };

    /// <summary>The slot that does not run.</summary>
    public string Other => Running == "a" ? "b" : "a";

    public string PathOf(string slot) => slot == "a" ? PathA : PathB;

    /// <summary>What the boot loader told the kernel.</summary>
    internal static string? SlotOf(string kernelArguments)
        => kernelArguments.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).LastOrDefault(a => a.StartsWith(Argument, StringComparison.Ordinal))?[Argument.Length..] is ("a" or "b") and var slot ? slot : null;

    /// <summary>Bytes of a partition, or of a file.</summary>
    public static long SizeOf(string path)
    {
        // A block device has no length of its own; the kernel counts its sectors of 512 bytes.
        var sectors = $"/sys/class/block/{Path.GetFileName(RealPath.Of(path))}/size";
        return path.StartsWith("/dev/", StringComparison.Ordinal) && File.Exists(sectors)
            ? long.Parse(File.ReadAllText(sectors), CultureInfo.InvariantCulture) * 512 : new FileInfo(path).Length;
    }
}
