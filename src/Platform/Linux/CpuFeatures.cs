using System.Runtime.Intrinsics.X86;

namespace EdgeRecorder.Platform.Linux;

/// <summary>What the processor can do that a decision hangs on.</summary>
public static class CpuFeatures
{
    /// <summary>SHA-256 instructions: x86-64 SHA extensions (CPUID leaf 7, EBX bit 29) or ARMv8 SHA2.</summary>
    public static bool HasSha256
        => System.Runtime.Intrinsics.Arm.Sha256.IsSupported || X86Base.IsSupported && (X86Base.CpuId(7, 0).Ebx & 1 << 29) != 0;
}
