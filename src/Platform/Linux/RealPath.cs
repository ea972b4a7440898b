using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Linux;

/// <summary>A path without symbolic links.</summary>
public static class RealPath
{
    private const int PathMax = 4096;

    /// <summary>realpath(3) of what there is of the path, with the rest as it stands.</summary>
    /// <param name="path">Absolute.</param>
    public static string Of(string path)
    {
        var rest = "";
        for (var there = Path.GetFullPath(path); ; there = Path.GetDirectoryName(there)!)
        {
            if (Resolve(there) is { } real)
                return rest.Length == 0 ? real : Path.Combine(real, rest);
            if (there == "/")
                return path;
            rest = Path.Combine(Path.GetFileName(there), rest).TrimEnd('/');
        }
    }

    private static unsafe string? Resolve(string path)
    {
        var buffer = stackalloc byte[PathMax];
        return LibC.realpath(path, buffer) == 0 ? null : Marshal.PtrToStringUTF8((nint)buffer);
    }
}
