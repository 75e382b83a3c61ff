"""What PyTorch's nodes show of what they save: one line a node, as ``derivatives.yaml`` makes them.

    MulBackward0: other* self*              y.grad_fn._saved_self, and y.grad_fn._raw_saved_self: a tensor
    SumBackward1: dim keepdim self_sym_sizes

A star marks a tensor, which hooks may pack and whose version is checked. ``X_sym_sizes`` are facts about a tensor that
is not itself kept. ``name=ours`` says what the declaration here calls it, or its constant value. A parameter that
stands here is kept even where the derivative here does not need it: PyTorch keeps it, and so complains when it is
written.

An operator without a line shows what its derivatives name.
"""

from __future__ import annotations

from typing import NamedTuple


class Shown(NamedTuple):
    """One attribute: PyTorch's name, what it is called here, whether it is a tensor."""

    name: str
    source: str
    is_tensor: bool


def _parsed(table: str) -> dict[str, tuple[Shown, ...]]:
    shown = {}
    for line in table.strip().splitlines():
        node, _, names = line.partition(":")
        shown[node] = tuple([_shown(name) for name in names.split()])
    return shown


def _shown(entry: str) -> Shown:
    name, _, source = entry.replace("*", "").partition("=")
    return Shown(name, source or {"self": "input"}.get(name, name), "*" in entry)


SHOWN = _parsed(
    """
AbsBackward0: self*
AcosBackward0: self*
AcoshBackward0: self*
AdaptiveMaxPool2DBackward0: result1* self*
AddBackward0: alpha=1
AddbmmBackward0: alpha batch1* batch1_sym_argsize_0 batch1_sym_argsize_1 batch2* batch2_sym_argsize_2 beta
AddcdivBackward0: tensor1* tensor2* value
AddcmulBackward0: tensor1* tensor2* value
AddmmBackward0: alpha beta mat1* mat1_sym_sizes mat1_sym_strides mat2* mat2_sym_sizes mat2_sym_strides
AddmvBackward0: alpha beta mat* vec*
AddrBackward0: alpha beta vec1* vec2*
AmaxBackward0: dim keepdim result* self*
AminBackward0: dim keepdim result* self*
AminmaxBackward0: dim keepdim max*=result1 min*=result0 self*
AngleBackward0: self*
AsStridedBackward0: size storage_offset=offset stride
AsinBackward0: self*
AsinhBackward0: self*
Atan2Backward0: other* self*
AsStridedScatterBackward0: size=arguments.0 storage_offset=arguments.2 stride=arguments.1
AtanBackward0: self*
AtanhBackward0: self*
AvgPool2DBackward0: ceil_mode count_include_pad divisor_override kernel_size padding self* stride
BaddbmmBackward0: alpha batch1* batch2* beta
BinaryCrossEntropyBackward0: reduction self* target* weight*
BinaryCrossEntropyWithLogitsBackward0: pos_weight* reduction self* target* weight*
BmmBackward0: mat2* self*
CatBackward0: dim
CdistBackward0: p result* x1* x2*
CeluBackward0: alpha self*
CeluBackward1: alpha result*
ClampBackward0: max* min* self*
ClampBackward1: max min self*
ClampMaxBackward0: max self*
ClampMinBackward0: min self*
Col2ImBackward0: dilation kernel_size padding stride
ComplexBackward0: imag* real*
ConstantPadNdBackward0: pad
ConvolutionBackward0: bias_sym_sizes_opt dilation groups input* output_padding padding stride transposed weight*
CopysignBackward0: result* self*
CosBackward0: self*
CoshBackward0: self*
CummaxBackward0: dim indices* self*
CumminBackward0: dim indices* self*
CumprodBackward0: dim result* self*
CumsumBackward0: dim
DiagEmbedBackward0: dim1 dim2 offset
DiagonalBackward0: dim1 dim2 offset self_sym_sizes
DiagonalScatterBackward0: dim1=arguments.1 dim2=arguments.2 offset=arguments.0
DiagonalBackward0_copy: dim1=0 dim2=1 offset self_sym_sizes
DigammaBackward0: self*
DistBackward0: other* p result* self*
DivBackward0: other* self*
DivBackward2: other* rounding_mode self*
DotBackward0: self* tensor*
EluBackward0: alpha input_scale scale self*
EluBackward1: alpha input_scale result* scale
EmbeddingBackward0: indices* padding_idx scale_grad_by_freq sparse=False weight_sym_argsize_0
ErfBackward0: self*
ErfcBackward0: self*
ErfinvBackward0: self*
Exp2Backward0: result*
ExpBackward0: result*
ExpandBackward0: self_sym_sizes
Expm1Backward0: result*
FlipBackward0: dims
FmaxBackward0: other* self*
FmodBackward1: other* self*
FrexpBackward0: exponent*
GatherBackward0: dim index* self* sparse_grad=False
GeluBackward0: approximate self*
GluBackward0: dim self*
HardshrinkBackward0: lambd self*
HardsigmoidBackward0: self*
HardswishBackward0: self*
HardtanhBackward0: max_val min_val self*
HuberLossBackward0: delta reduction self* target*
HypotBackward0: other* result* self*
I0Backward0: self*
IgammaBackward0: other* self*
Im2ColBackward0: dilation kernel_size padding self_sym_argsize_minus_1 self_sym_argsize_minus_2 stride
IndexAddBackward0: alpha dim index* source* source_dim
IndexBackward0: indices* self_sym_sizes
IndexCopyBackward0: dim index* source* source_dim
IndexFillBackward0: dim index*
IndexPutBackward0: accumulate indices*
IndexSelectBackward0: dim index* self_sym_sizes
KthvalueBackward0: dim indices* keepdim self_sym_sizes
LdexpBackward0: other* result*
LeakyReluBackward0: negative_slope self*
LeakyReluBackward1: negative_slope result*
LerpBackward0: weight
LerpBackward1: end* self* weight*
LgammaBackward0: self*
LinalgCholeskyExBackward0: L* upper
LinalgCrossBackward0: dim other* self*
LinalgDetBackward0: A* LU* pivots* result*
LinalgEighBackward0: eigenvalues* eigenvectors*
LinalgInvExBackward0: inverse*
LinalgLstsqBackward0: b* self* solution*
LinalgMatrixExpBackward0: self*
LinalgPinvBackward0: result* self*
LinalgQrBackward0: Q* R* mode
LinalgSlogdetBackward0: A* LU* pivots* sign*
LinalgSolveExBackward0: A* LU* left pivots* result*
LinalgSvdBackward0: S* S_sym_argsize_minus_1 U* Vh* full_matrices
LinalgVectorNormBackward0: dim keepdim ord result* self*
Log10Backward0: self*
Log1PBackward0: self*
Log2Backward0: self*
LogBackward0: self*
LogSigmoidBackward0: buffer* self*
LogSoftmaxBackward0: dim result*
Logaddexp2Backward0: other* self*
LogaddexpBackward0: other* self*
LogcumsumexpBackward0: dim result* self*
LogitBackward0: eps self*
LogsumexpBackward0: dim keepdim result* self*
MaskedFillBackward0: mask*
MaskedFillBackward1: mask*
MaskedScatterBackward0: mask* source_sym_sizes
MaskedSelectBackward0: mask* self*
MaxBackward0: dim indices* keepdim self_sym_sizes
MaxBackward1: result* self*
MaxPool2DWithIndicesBackward0: ceil_mode dilation kernel_size padding result1* self* stride
MaximumBackward0: other* self*
MeanBackward0: self_sym_numel self_sym_sizes
MeanBackward1: dim keepdim self_sym_numel self_sym_sizes
MedianBackward0: result* self*
MedianBackward1: dim indices* keepdim self_sym_sizes
MinBackward0: dim indices* keepdim self_sym_sizes
MinBackward1: result* self*
MinimumBackward0: other* self*
MishBackward0: self*
MmBackward0: mat2* mat2_sym_sizes mat2_sym_strides self* self_sym_sizes self_sym_strides
ModeBackward0: dim indices* keepdim self_sym_sizes
MseLossBackward0: reduction self* target*
MulBackward0: other* self*
MulBackward1: other
MultiMarginLossBackward0: margin p reduction self* target* weight*
MultilabelMarginLossBackward0: is_target* reduction self* target*
MvBackward0: self* vec*
MvlgammaBackward0: p self*
NanToNumBackward0: self*
NansumBackward0: dim keepdim self*
NativeBatchNormBackward0: eps input* result1* result2* running_mean* running_var* training weight*
NativeDropoutBackward0: p result1*
NativeGroupNormBackward0: C HxW N eps group input* result1* result2* weight*
NativeLayerNormBackward0: bias* input* normalized_shape result1* result2* weight*
NllLossBackward0: ignore_index reduction self* target* total_weight* weight*
NormBackward1: dim keepdim p result* self*
PermuteBackward0: dims
PixelShuffleBackward0: upscale_factor
PolarBackward0: result*
PolygammaBackward0: n self*
PowBackward0: exponent self*
PowBackward1: exponent* result* self*
PowBackward2: exponent* result* self
PreluKernelBackward0: self* weight*
ProdBackward0: result* self*
ProdBackward1: dim keepdim result* self*
PutBackward0: accumulate index* source*
ReciprocalBackward0: result*
ReflectionPad1DBackward0: padding self*
ReluBackward0: result*
RemainderBackward1: other* self*
RenormBackward0: dim maxnorm p self*
RepeatBackward0: repeats self_sym_sizes
ReplicationPad1DBackward0: padding self*
ReshapeAliasBackward0: self_sym_sizes
RollBackward0: dims shifts
Rot90Backward0: dims k
RreluWithNoiseBackward0: lower noise* self* training upper
RsqrtBackward0: result*
RsubBackward0: alpha=1
RsubBackward1: alpha=1
SafeSoftmaxBackward0: dim result*
ScatterAddBackward0: dim index*
ScatterBackward0: dim index*
ScatterBackward1: dim index*
ScatterReduceBackward0: dim include_self index* reduce result* self* src*
SelectBackward0: dim index self_sym_sizes
SelectScatterBackward0: dim=arguments.0 index=arguments.1
SigmoidBackward0: result*
SiluBackward0: self*
SinBackward0: self*
SincBackward0: self*
SinhBackward0: self*
SliceBackward0: dim end self_sym_sizes start step
SliceScatterBackward0: dim=arguments.0 end=arguments.2 start=arguments.1 step=arguments.3
SmoothL1LossBackward0: beta reduction self* target*
SoftmaxBackward0: dim result*
SoftplusBackward0: beta self* threshold
SoftshrinkBackward0: lambd self*
SortBackward0: dim indices* self_sym_sizes
SpecialEntrBackward0: self*
SpecialI1Backward0: result* self*
SpecialLogNdtrBackward0: result* self*
SpecialNdtriBackward0: result*
SpecialXlog1PyBackward0: other* self*
SplitBackward0: dim self_sym_sizes split_size
SplitWithSizesBackward0: dim self_sym_sizes split_sizes
SqrtBackward0: result*
SqueezeBackward0: self_sym_sizes
SqueezeBackward1: dim self_sym_sizes
SqueezeBackward2: dim self_sym_sizes
SqueezeBackward3: self_sym_sizes
SqueezeBackward4: dim self_sym_sizes
StackBackward0: dim
StdBackward0: correction dim keepdim result* self*
StdMeanBackward0: correction dim keepdim result0* self*
SubBackward0: alpha=1
SumBackward0: self_sym_sizes
SumBackward1: dim keepdim self_sym_sizes
TakeBackward0: index* self*
TanBackward0: result*
TanhBackward0: result*
ThresholdBackward0: self* threshold
ThresholdBackward1: self* threshold
TopkBackward0: dim indices* self_sym_sizes
TraceBackward0: self_sym_sizes
TransposeBackward0: dim0 dim1
TransposeBackward1: dim0 dim1
TrilBackward0: diagonal
TrilinearBackward0: expand1 expand2 expand3 i1* i2* i3* sumdim
TriuBackward0: diagonal
UnbindBackward0: dim
UnfoldBackward0: dimension self_sym_sizes size step
UnsafeViewBackward0: self_sym_sizes
UnsqueezeBackward0: dim
UnsqueezeBackward1: dim
UpsampleBilinear2DBackward0: align_corners output_size scales_h scales_w self_sym_sizes
UpsampleNearest2DBackward0: output_size scales_h scales_w self_sym_sizes
VarBackward0: correction dim keepdim self*
VarMeanBackward0: correction dim keepdim self*
ViewBackward0: self_sym_sizes
WhereBackward0: condition*
XlogyBackward0: other* self*
"""
)
