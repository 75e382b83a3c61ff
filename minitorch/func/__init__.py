"""Floor 5, the mirror of ``torch.func``: derivatives as functions of functions.

    grad(f)(x)        the gradient of f at x, where ``autograd.grad`` asks for the gradient of a tensor
    jvp, vjp          products with the Jacobian from the right and from the left
    jacrev, jacfwd    the Jacobian by rows, by columns; ``hessian`` is ``jacfwd(jacrev(f))``

They compose: ``grad(grad(f))``. ``functional_call`` makes a function of the parameters of a module.

PyTorch keeps this in ``torch/func`` and ``torch/_functorch``. Not built: ``vmap`` and what belongs to it.
"""

from minitorch.func.functional_call import functional_call as functional_call
from minitorch.func.jacobians import hessian as hessian
from minitorch.func.jacobians import jacfwd as jacfwd
from minitorch.func.jacobians import jacrev as jacrev
from minitorch.func.transforms import grad as grad
from minitorch.func.transforms import grad_and_value as grad_and_value
from minitorch.func.transforms import jvp as jvp
from minitorch.func.transforms import vjp as vjp
